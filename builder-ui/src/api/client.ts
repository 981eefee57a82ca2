// One function for every request: language, CSRF token, ETags, problems.
import { type FieldError, type Finding, Offline, Problem } from './problem';

interface Options {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  ifMatch?: string | undefined;
  ifNoneMatch?: string;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface Answer<T> {
  data: T;
  etag: string | undefined;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

let csrf = '';
let expired = () => {};

/** The token of the session that unsafe requests carry. */
export function setCsrf(token: string) {
  csrf = token;
}

export const csrfToken = () => csrf;

/** Called when the server no longer knows the session of a signed-in person. */
export function onSessionExpired(listener: () => void) {
  expired = listener;
}

function address(path: string, query: Options['query']): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

function headers(method: Method, options: Options): Headers {
  const result = new Headers({ 'Accept-Language': document.documentElement.lang || 'zh-CN' });
  if (options.body !== undefined) result.set('Content-Type', 'application/json');
  if (method !== 'GET' && csrf) result.set('X-CSRF-Token', csrf);
  if (options.ifMatch) result.set('If-Match', options.ifMatch);
  if (options.ifNoneMatch) result.set('If-None-Match', options.ifNoneMatch);
  if (options.idempotencyKey) result.set('Idempotency-Key', options.idempotencyKey);
  return result;
}

interface ProblemBody {
  title?: string;
  code?: string;
  detail?: string;
  errors?: FieldError[];
  findings?: Finding[];
}

async function problemOf(response: Response): Promise<Problem> {
  return problemFrom(response, await response.json().catch(() => ({})));
}

/** The problem that an answer's status, headers and body tell. */
export function problemFrom(
  response: { status: number; statusText: string; headers: Pick<Headers, 'get'> },
  body: ProblemBody,
): Problem {
  const seconds = Number(response.headers.get('Retry-After'));
  return new Problem(
    response.status,
    body.code ?? `status_${response.status}`,
    body.title ?? response.statusText,
    body.detail ?? '',
    body.errors,
    body.findings,
    seconds > 0 ? seconds : undefined,
  );
}

export async function request<T>(method: Method, path: string, options: Options = {}): Promise<Answer<T>> {
  let response: Response;
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers: headers(method, options),
      credentials: 'same-origin',
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new Offline('offline', { cause });
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.status === 401 && !path.startsWith('/api/session')) expired();
    throw problem;
  }
  const text = await response.text();
  return {
    data: (text ? JSON.parse(text) : undefined) as T,
    etag: response.headers.get('ETag') ?? undefined,
  };
}

export const get = async <T>(path: string, query?: Options['query'], signal?: AbortSignal): Promise<T> =>
  (await request<T>('GET', path, { ...(query ? { query } : {}), ...(signal ? { signal } : {}) })).data;

export const post = async <T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> =>
  (await request<T>('POST', path, { body: body ?? {}, ...(signal ? { signal } : {}) })).data;
