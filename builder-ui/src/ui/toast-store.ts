// Short messages after an action. Errors stay until they are closed.
import { create } from 'zustand';

export interface Toast {
  id: number;
  tone: 'ok' | 'bad';
  text: string;
}

interface Toasts {
  toasts: Toast[];
  show: (tone: Toast['tone'], text: string) => void;
  close: (id: number) => void;
}

const VISIBLE_FOR = 5000;
let next = 1;

export const useToasts = create<Toasts>((set, get) => ({
  toasts: [],
  show: (tone, text) => {
    const id = next++;
    set((state) => ({ toasts: [...state.toasts.slice(-3), { id, tone, text }] }));
    if (tone === 'ok') setTimeout(() => get().close(id), VISIBLE_FOR);
  },
  close: (id) => set((state) => ({ toasts: state.toasts.filter((toast) => toast.id !== id) })),
}));

export const toast = (tone: Toast['tone'], text: string) => useToasts.getState().show(tone, text);
