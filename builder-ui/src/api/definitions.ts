// The definitions that this person's screens are made of, as a catalogue.
import { queryOptions } from '@tanstack/react-query';
import { buildCatalog, type Catalog } from '../definition/catalog';
import type { Definitions } from '../definition/documents';
import { request } from './client';

interface Known extends Catalog {
  /** What the server calls this state of the definitions and of the person's rights. */
  etag: string | undefined;
}

/** Asked again at each change of screen, when the window gets the focus, and every minute: a publish arrives by itself. */
export const catalogQuery = queryOptions({
  queryKey: ['definitions'],
  queryFn: async ({ signal }): Promise<Known> => {
    const { data, etag } = await request<Definitions>('GET', '/api/definitions', { signal });
    return { ...buildCatalog(data), etag };
  },
  // What did not change stays the same object, so that no screen is drawn again for nothing.
  structuralSharing: (before, after) => {
    const [old, fresh] = [before as Known | undefined, after as Known];
    return old?.etag !== undefined && old.etag === fresh.etag ? old : fresh;
  },
  staleTime: 2_000,
  refetchInterval: 60_000,
  refetchOnWindowFocus: true,
});
