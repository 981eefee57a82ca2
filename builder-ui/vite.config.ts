// The build of the web app; `KONTOR_FAKE=1 npm run dev` serves it on an in-memory fake of the API.
import locales from '@react-aria/optimize-locales-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { fakeApi } from './dev/fake-api.ts';

const fake = process.env.KONTOR_FAKE === '1';

export default defineConfig({
  plugins: [
    react(),
    { ...locales.vite({ locales: ['zh-CN', 'en-US'] }), enforce: 'pre' },
    ...(fake ? [fakeApi()] : []),
  ],
  server: {
    proxy: fake ? {} : { '/api': process.env.KONTOR_URL ?? 'http://127.0.0.1:8080' },
  },
  build: { manifest: true, target: 'es2022' },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts?(x)'] },
});
