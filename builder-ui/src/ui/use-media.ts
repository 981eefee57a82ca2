// Whether a media query holds, live.
import { useSyncExternalStore } from 'react';

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = matchMedia(query);
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    () => matchMedia(query).matches,
  );
}

/** Narrow screens get cards and full-screen editors instead of tables. */
export const usePhone = () => useMedia('(max-width: 700px)');
