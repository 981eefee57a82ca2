// Whether the server is there and still knows the session.
import { useEffect, useState, useSyncExternalStore } from 'react';
import { onSessionExpired } from '../api/client';

function watch(changed: () => void) {
  addEventListener('online', changed);
  addEventListener('offline', changed);
  return () => {
    removeEventListener('online', changed);
    removeEventListener('offline', changed);
  };
}

export function useConnection() {
  const online = useSyncExternalStore(watch, () => navigator.onLine);
  const [expired, setExpired] = useState(false);
  useEffect(() => {
    onSessionExpired(() => setExpired(true));
    return () => onSessionExpired(() => {});
  }, []);
  return { online, expired, renewed: () => setExpired(false) };
}
