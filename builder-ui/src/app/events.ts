// What changes elsewhere: one stream of events for the page, which asks open lists and records again.
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

interface ServerEvent {
  kind: string;
  entity?: string | null;
}

/** Changes that come in quick succession are asked for together. */
const GATHER = 300;
/** A stream that was refused is tried again after so long. */
const AGAIN = 30_000;
const RECORDS = ['created', 'updated', 'archived', 'restored', 'purged', 'gone'];
const KINDS = [...RECORDS, 'published', 'rights', 'resync'];

/** Follows the events of the signed-in person while the page is in view. */
export function useEvents(person: string | undefined) {
  const client = useQueryClient();
  useEffect(() => (person === undefined ? undefined : follow(client)), [client, person]);
}

function follow(client: QueryClient) {
  const gathered = new Set<string>();
  let timer: number | undefined;
  let retry: number | undefined;
  let source: EventSource | undefined;
  let last = '';

  const apply = () => {
    timer = undefined;
    const entities = new Set(gathered);
    gathered.clear();
    void client.invalidateQueries({
      predicate: ({ queryKey: [what, entity] }) => {
        if (what === 'session') return false;
        if (entities.has('*')) return true;
        return what === 'records'
          ? entities.has(String(entity))
          : what === 'definitions' && entities.has('definitions');
      },
    });
  };
  const hear = ({ data, lastEventId }: MessageEvent<string>) => {
    last = lastEventId || last;
    const event = JSON.parse(data) as ServerEvent;
    if (RECORDS.includes(event.kind)) gathered.add(String(event.entity));
    else gathered.add(event.kind === 'published' ? 'definitions' : '*');
    timer ??= window.setTimeout(apply, GATHER);
  };
  const open = () => {
    clearTimeout(retry);
    source = new EventSource(last ? `/api/events?after=${encodeURIComponent(last)}` : '/api/events');
    for (const kind of KINDS) source.addEventListener(kind, hear);
    source.addEventListener('error', () => {
      // A stream that broke off comes back by itself; one that was refused does not.
      if (source?.readyState === EventSource.CLOSED) retry = window.setTimeout(open, AGAIN);
    });
  };
  const close = () => {
    clearTimeout(retry);
    source?.close();
    source = undefined;
  };
  // Browsers have few connections to a server: pages that nobody sees leave theirs to the others.
  const changed = () => {
    if (document.visibilityState === 'hidden') close();
    else if (!source) open();
  };
  changed();
  document.addEventListener('visibilitychange', changed);
  return () => {
    document.removeEventListener('visibilitychange', changed);
    clearTimeout(timer);
    close();
  };
}
