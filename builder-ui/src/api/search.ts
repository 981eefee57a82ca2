// Hits over all entities that the person may read.
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { get } from './client';

export interface Hit {
  id: string;
  label: string | null;
  /** The fields in which the words stand. */
  fields: string[];
}

export interface HitGroup {
  entity: string;
  title: string;
  /** There are more hits than these. */
  more: boolean;
  hits: Hit[];
}

export const searchQuery = (text: string, locale: string) =>
  queryOptions({
    queryKey: ['records', 'search', locale, text],
    queryFn: async ({ signal }) =>
      (await get<{ groups: HitGroup[] }>('/api/search', { q: text }, signal)).groups,
    enabled: text !== '',
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
