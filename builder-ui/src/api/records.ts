// Records: lists, single records, writing, evaluating, history.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { get, post, request } from './client';
import type { FieldError } from './problem';

export type RecordData = Record<string, unknown>;

export interface StoredRecord extends RecordData {
  id: string;
  revision: number;
}

export interface ListParameters {
  entity: string;
  filter?: string | undefined;
  /** Words to look for. */
  q?: string | undefined;
  sort?: string | undefined;
  fields?: string | undefined;
  expand?: string | undefined;
  archived?: 'only' | undefined;
  limit?: number;
}

export interface ListPage {
  items: StoredRecord[];
  next_cursor: string | null;
  count?: number;
}

const path = (entity: string, ...rest: string[]) =>
  ['/api/records', entity, ...rest].map((part, index) => (index ? encodeURIComponent(part) : part)).join('/');

function query({ entity: _, limit = 100, ...rest }: ListParameters) {
  return { limit, ...rest };
}

export const fetchList = (parameters: ListParameters, cursor?: string, signal?: AbortSignal) =>
  get<ListPage>(path(parameters.entity), { ...query(parameters), cursor }, signal);

export const listQuery = (parameters: ListParameters) =>
  infiniteQueryOptions({
    queryKey: ['records', parameters.entity, 'list', parameters],
    queryFn: ({ pageParam, signal }) => fetchList(parameters, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: ListPage) => last.next_cursor ?? undefined,
  });

export const countRecords = async (parameters: ListParameters) =>
  (await get<ListPage>(path(parameters.entity), { ...query(parameters), limit: 1, count: true })).count ?? 0;

export interface LoadedRecord {
  record: StoredRecord;
  etag: string | undefined;
}

export const recordQuery = (entity: string, id: string, expand: string) =>
  queryOptions({
    queryKey: ['records', entity, 'one', id, expand],
    queryFn: async ({ signal }): Promise<LoadedRecord> => {
      const { data, etag } = await request<StoredRecord>('GET', path(entity, id), {
        query: { expand: expand || undefined },
        signal,
      });
      return { record: data, etag };
    },
  });

/** The value of a sensitive field, which the server notes in its access log. */
export async function revealField(entity: string, id: string, field: string): Promise<unknown> {
  const shown = await get<StoredRecord>(path(entity, id), { fields: field, reveal: field });
  return shown[field];
}

/** The texts of a translatable field by language. */
export async function fetchTexts(entity: string, id: string, field: string): Promise<Record<string, string>> {
  const key = `${field}_translations`;
  const answer = await get<StoredRecord>(path(entity, id), { fields: key });
  return (answer[key] as Record<string, string> | null) ?? {};
}

/** The value of a sensitive field of a line, likewise. */
export async function revealCell(
  entity: string,
  id: string,
  { lines, line, field }: { lines: string; line: string; field: string },
): Promise<unknown> {
  const shown = await get<StoredRecord>(path(entity, id), { fields: lines, reveal: `${lines}.${field}` });
  const rows = shown[lines];
  const row = Array.isArray(rows) ? rows.find((one: StoredRecord) => one.id === line) : undefined;
  return row?.[field];
}

/** The person was asked about records of the same thing and wants this one all the same. */
const accepting = (yes: boolean | undefined) => ({ accept_duplicates: yes || undefined });

export async function createRecord(
  entity: string,
  body: RecordData,
  idempotencyKey: string,
  acceptDuplicates?: boolean,
): Promise<StoredRecord> {
  const query = accepting(acceptDuplicates);
  return (await request<StoredRecord>('POST', path(entity), { body, idempotencyKey, query })).data;
}

export async function updateRecord(
  entity: string,
  id: string,
  body: RecordData,
  ifMatch: string | undefined,
  acceptDuplicates?: boolean,
): Promise<StoredRecord> {
  const query = accepting(acceptDuplicates);
  return (await request<StoredRecord>('PATCH', path(entity, id), { body, ifMatch, query })).data;
}

export async function archiveRecord(entity: string, id: string) {
  await request('DELETE', path(entity, id));
}

/** Back from the archive. */
export async function restoreRecord(
  entity: string,
  id: string,
  acceptDuplicates?: boolean,
): Promise<StoredRecord> {
  const query = accepting(acceptDuplicates);
  return (await request<StoredRecord>('POST', path(entity, id, 'unarchive'), { body: {}, query })).data;
}

/** For good. */
export async function purgeRecord(entity: string, id: string) {
  await request('DELETE', path(entity, id), { query: { purge: true } });
}

export const runAction = (entity: string, id: string, action: string) =>
  post<StoredRecord>(path(entity, id, 'actions', action));

export interface Evaluated {
  record: RecordData;
  errors: FieldError[];
}

export const evaluateRecord = (entity: string, record: RecordData, signal?: AbortSignal) =>
  post<Evaluated>(path(entity, 'evaluate'), { record }, signal);

export interface HistoryChange {
  field: string;
  /** Of a line: which. */
  line?: string;
  /** Of a text of a translatable field: its language, if not the first. */
  locale?: string;
  old?: unknown;
  new?: unknown;
  /** Of links: the ids that came and those that went. */
  added?: string[];
  removed?: string[];
}

export interface HistoryEntry {
  revision: number;
  at: string;
  by: { id: string; label: string } | null;
  action: string;
  changes: HistoryChange[];
}

export const historyQuery = (entity: string, id: string) =>
  queryOptions({
    queryKey: ['records', entity, 'history', id],
    queryFn: async ({ signal }) =>
      (await get<{ items: HistoryEntry[] }>(path(entity, id, 'history'), undefined, signal)).items,
  });
