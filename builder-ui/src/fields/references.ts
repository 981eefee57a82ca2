// Labels of referenced records, and the search for one to refer to.
import {
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useQueries,
  useQuery,
} from '@tanstack/react-query';
import { get } from '../api/client';
import { fetchList, type StoredRecord } from '../api/records';
import type { Entity } from '../definition/catalog';
import { searchText } from '../definition/filter';

export interface ReferenceOption {
  id: string;
  label: string;
  detail?: string | undefined;
}

const FOUND = 20;

export const labelOf = (entity: Entity, record: Record<string, unknown>) =>
  String(record[entity.label] ?? record.name ?? record.id ?? '');

const labelKey = (entity: string, id: string) => ['records', entity, 'label', id];

/** The label of one record; what may not be read shows its id's beginning only. */
const labelQuery = (entity: Entity | undefined, id: string | null) =>
  queryOptions({
    queryKey: labelKey(entity?.key ?? '', id ?? ''),
    queryFn: async ({ signal }): Promise<string> => {
      if (!entity || !id) return '';
      const path = `/api/records/${entity.key}/${encodeURIComponent(id)}`;
      return labelOf(entity, await get<StoredRecord>(path, undefined, signal));
    },
    enabled: Boolean(entity && id),
    staleTime: 300_000,
    retry: false,
  });

/** Remembers a label that came with other data, so that it need not be asked for. */
export function rememberLabel(client: QueryClient, entity: string, id: string, label: string) {
  client.setQueryData(labelKey(entity, id), label);
}

export function useReferenceLabel(entity: Entity | undefined, id: unknown): string {
  const known = typeof id === 'string' ? id : null;
  const { data, isError } = useQuery(labelQuery(entity, known));
  if (known === null) return '';
  return data ?? (isError || !entity ? `${known.slice(0, 8)}…` : '');
}

/** The labels of several records, in their order. */
export function useReferenceLabels(entity: Entity | undefined, ids: string[]): string[] {
  const distinct = [...new Set(ids)];
  const found = useQueries({ queries: distinct.map((id) => labelQuery(entity, id)) });
  return ids.map((id) => {
    const query = found[distinct.indexOf(id)];
    return query?.data ?? (query?.isError || !entity ? `${id.slice(0, 8)}…` : '');
  });
}

/** A second text that helps to tell records with similar labels apart. */
function detailField(entity: Entity): string | undefined {
  const names = ['code', 'number', 'email', 'short_name', 'customer_no'];
  return names.find((name) => name !== entity.label && entity.fields.has(name) && entity.rights.fields[name]);
}

export async function searchReferences(
  entity: Entity,
  text: string,
  signal?: AbortSignal,
): Promise<ReferenceOption[]> {
  const detail = detailField(entity);
  const known = entity.label !== 'id';
  const paths = [...(known ? [entity.label] : []), ...(detail ? [detail] : [])];
  const words = text.trim();
  // The index knows labels and searchable fields; another detail is looked through as it is.
  const indexed = paths.every((path) => path === entity.label || entity.fields.get(path)?.searchable);
  const parameters = {
    entity: entity.key,
    q: words && indexed ? words : undefined,
    filter: words && !indexed && paths.length > 0 ? searchText(paths, words) : undefined,
    sort: known ? entity.label : undefined,
    fields: paths.length > 0 ? paths.join(',') : undefined,
    limit: FOUND,
  };
  const { items } = await fetchList(parameters, undefined, signal);
  return items.map((record) => ({
    id: record.id,
    label: labelOf(entity, record),
    detail: detail ? String(record[detail] ?? '') || undefined : undefined,
  }));
}

export function useReferenceSearch(entity: Entity | undefined, text: string, enabled: boolean) {
  return useQuery({
    queryKey: ['records', entity?.key ?? '', 'search', text],
    queryFn: ({ signal }) => (entity ? searchReferences(entity, text, signal) : []),
    enabled: enabled && Boolean(entity),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
}
