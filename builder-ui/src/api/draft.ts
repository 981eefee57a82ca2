// The draft of the definitions, its check and plan, publishing and revisions (administrators).
import { queryOptions } from '@tanstack/react-query';
import { get, post, request } from './client';
import { type Finding, Problem } from './problem';

export interface DraftDocument {
  app: string;
  kind: string;
  name: string;
  etag: string;
  state: 'unchanged' | 'changed' | 'added' | 'removed';
}

export interface Draft {
  base_revision: number;
  revision: number;
  changed: string[];
  documents: DraftDocument[];
}

export interface PlanStep {
  action: string;
  entity?: string;
  field?: string;
  rows: number;
  data_lost: number;
  reversible: boolean;
  lock: 'none' | 'writes' | 'reads';
  stall_ms: number;
  text: string;
}

export interface Revision {
  revision: number;
  at: string;
  by: { id: string; label: string } | null;
  message: string;
  live: boolean;
}

export interface DocumentDiff {
  app: string;
  kind: string;
  name: string;
  state: 'added' | 'removed' | 'changed';
  before: unknown;
  after: unknown;
}

export const draftQuery = queryOptions({
  queryKey: ['draft'],
  queryFn: ({ signal }) => get<Draft>('/api/draft', undefined, signal),
});

const documentPath = (key: string) => `/api/draft/${key.split('/').map(encodeURIComponent).join('/')}`;

export interface StoredDocument {
  /** As the server sent it, formatted: two spaces, keys in its order. */
  text: string;
  etag: string | undefined;
}

export const print = (document: unknown) => `${JSON.stringify(document, null, 2)}\n`;

/** A document of the draft by `app/kind/name`. */
export const documentQuery = (key: string) =>
  queryOptions({
    queryKey: ['draft', 'document', key],
    queryFn: async ({ signal }): Promise<StoredDocument> => {
      const { data, etag } = await request<unknown>('GET', documentPath(key), { signal });
      return { text: print(data), etag };
    },
    staleTime: 0,
    gcTime: 0,
  });

export async function storeDocument(
  key: string,
  document: unknown,
  match: { ifMatch?: string | undefined } | { ifNoneMatch: '*' },
): Promise<StoredDocument> {
  const { data, etag } = await request<unknown>('PUT', documentPath(key), { body: document, ...match });
  return { text: print(data), etag };
}

export async function deleteDocument(key: string) {
  await request('DELETE', documentPath(key));
}

export const checkDraft = async () => (await post<{ findings: Finding[] }>('/api/draft/check')).findings;

export const planDraft = () => get<{ steps: PlanStep[]; findings: Finding[] }>('/api/draft/plan');

interface Published {
  revision: number;
}

/** The publish in phases that is under way, or how the last one ended. */
interface Publishing {
  publishing: {
    revision: number;
    phase: 'filling' | 'finishing' | 'done' | 'failed';
    problem: { code: string; message: string } | null;
  } | null;
}

/** How often a publish that takes long is looked at. */
const LOOK_AGAIN = 1000;

/** A large publish goes on after its request was answered: waits until it is live. */
async function untilLive(answer: Partial<Published>): Promise<Published> {
  let { revision } = answer;
  while (revision === undefined) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
    const { publishing } = await get<Publishing>('/api/draft/publish');
    if (publishing?.phase === 'failed') {
      const { code, message } = publishing.problem ?? { code: 'internal', message: '' };
      throw new Problem(409, code, message, '');
    }
    if (publishing && publishing.phase !== 'filling') revision = publishing.revision;
  }
  return { revision };
}

export const publishDraft = async (message: string, acceptLoss: boolean) =>
  untilLive(await post<Partial<Published>>('/api/draft/publish', { message, accept_loss: acceptLoss }));

export async function discardDraft() {
  await request('POST', '/api/draft/discard', { body: {} });
}

export const revisionsQuery = queryOptions({
  queryKey: ['revisions'],
  queryFn: async ({ signal }) =>
    (await get<{ items: Revision[] }>('/api/revisions', undefined, signal)).items,
});

export const diffQuery = (revision: number) =>
  queryOptions({
    queryKey: ['revisions', revision, 'diff'],
    queryFn: async ({ signal }) =>
      (await get<{ documents: DocumentDiff[] }>(`/api/revisions/${revision}/diff`, undefined, signal))
        .documents,
  });

/** How a revision differs from a later one. */
export const differenceQuery = (revision: number, from: number) =>
  queryOptions({
    queryKey: ['revisions', revision, 'diff', from],
    queryFn: async ({ signal }) =>
      (
        await get<{ documents: DocumentDiff[] }>(
          `/api/revisions/${revision}/diff`,
          { against: String(from) },
          signal,
        )
      ).documents,
  });

/** What restoring a revision would do. */
export const restorePlanQuery = (revision: number) =>
  queryOptions({
    queryKey: ['revisions', revision, 'plan'],
    queryFn: ({ signal }) =>
      get<{ steps: PlanStep[]; findings: Finding[] }>(`/api/revisions/${revision}/plan`, undefined, signal),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

/** Expressions for fields that are required again, by `app.entity.field`. */
export type Defaults = Record<string, string>;

export const restoreRevision = async (revision: number, acceptLoss: boolean, defaults: Defaults) =>
  untilLive(
    await post<Partial<Published>>(`/api/revisions/${revision}/restore`, {
      accept_loss: acceptLoss,
      defaults,
    }),
  );

export const schemaQuery = (kind: string) =>
  queryOptions({
    queryKey: ['schema', kind],
    queryFn: ({ signal }) => get<JsonSchema>(`/api/schemas/${kind}.json`, undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: string | string[];
  description?: string;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  required?: string[];
}
