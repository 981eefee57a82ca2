import type { Plugin } from 'vite';
export const fakeApi = (): Plugin => ({ name: 'fake' });
