// The access log (administrators). Reading it is noted in it, so it is read only when somebody asks for it.
import { infiniteQueryOptions } from '@tanstack/react-query';
import { get } from './client';

export const ACCESS_KINDS = [
  'sign_in',
  'sign_in_failed',
  'sign_out',
  'session_expired',
  'export',
  'import',
  'open',
  'rights',
  'log_read',
  'log_forgotten',
] as const;

export type AccessKind = (typeof ACCESS_KINDS)[number];

export interface Access {
  number: number;
  at: string;
  kind: AccessKind;
  person: { id: string; label: string | null } | null;
  address: string;
  entity: string | null;
  record: string | null;
  count: number | null;
  detail: string;
  /** The role that a change of rights is about; one that was removed has no title. */
  role: { name: string; title: string | null } | null;
}

export interface AccessFilter {
  kind?: string | undefined;
  person?: string | undefined;
  /** Days, both included: `2026-11-23`. */
  from?: string | undefined;
  until?: string | undefined;
}

interface Page {
  items: Access[];
  next_cursor: string | null;
}

/** The beginning of a day in the zone of this browser, or of the day after. */
export function startOfDay(day: string | undefined, daysLater = 0): string | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day ?? '');
  if (!parts) return undefined;
  return new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + daysLater).toISOString();
}

export const accessLogQuery = ({ kind, person, from, until }: AccessFilter) =>
  infiniteQueryOptions({
    queryKey: ['access-log', kind, person, from, until],
    queryFn: ({ pageParam, signal }) =>
      get<Page>(
        '/api/access-log',
        { kind, person, from: startOfDay(from), until: startOfDay(until, 1), cursor: pageParam },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
