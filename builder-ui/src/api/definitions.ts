// The definitions that this person's screens are made of, as a catalogue.
import { queryOptions } from '@tanstack/react-query';
import { buildCatalog, type Catalog } from '../definition/catalog';
import type { Definitions } from '../definition/documents';
import { get } from './client';

/** Asked again when the window gets the focus and every minute, so that a publish arrives without a reload. */
export const catalogQuery = queryOptions({
  queryKey: ['definitions'],
  queryFn: async ({ signal }): Promise<Catalog> =>
    buildCatalog(await get<Definitions>('/api/definitions', undefined, signal)),
  staleTime: 15_000,
  refetchInterval: 60_000,
  refetchOnWindowFocus: true,
});
