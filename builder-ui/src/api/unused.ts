// What the live definitions no longer use, and purging it (administrators).
import { queryOptions } from '@tanstack/react-query';
import { get, post } from './client';

export interface UnusedPart {
  key: string;
  kind: 'entity' | 'field' | 'former';
  entity: string;
  field: string | null;
  /** Records of an entity, values of a field. */
  values: number;
  /** The draft uses it again. */
  in_draft: boolean;
  /** Keys of what refers to it and goes with it. */
  with: string[];
}

export const unusedQuery = queryOptions({
  queryKey: ['draft', 'unused'],
  queryFn: async ({ signal }) => (await get<{ items: UnusedPart[] }>('/api/unused', undefined, signal)).items,
  staleTime: 0,
  gcTime: 0,
});

export const purgeUnused = (items: string[], acceptLoss: boolean) =>
  post<{ revision: number; items: UnusedPart[] }>('/api/unused/purge', { items, accept_loss: acceptLoss });
