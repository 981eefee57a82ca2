// Who is signed in.
import { queryOptions } from '@tanstack/react-query';
import { request, setCsrf } from './client';
import { isProblem } from './problem';

export interface Session {
  user: { id: string; name: string; email: string; locale?: string };
  tenant: { name: string; title: string };
  administrator: boolean;
  csrf: string;
}

export interface TenantChoice {
  tenant: string;
  title: string;
}

async function fetchSession(): Promise<Session | null> {
  try {
    const { data } = await request<Session>('GET', '/api/session');
    setCsrf(data.csrf);
    return data;
  } catch (error) {
    if (isProblem(error) && error.status === 401) return null;
    throw error;
  }
}

/** `null` when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: fetchSession,
  staleTime: Number.POSITIVE_INFINITY,
});

export interface Credentials {
  email: string;
  password: string;
  tenant?: string;
}

/** The session, or the tenants to choose from. */
export async function signIn(credentials: Credentials): Promise<Session | { choose: TenantChoice[] }> {
  const { data } = await request<Session | { choose: TenantChoice[] }>('POST', '/api/session', {
    body: credentials,
  });
  if ('csrf' in data) setCsrf(data.csrf);
  return data;
}

export async function signOut() {
  await request('DELETE', '/api/session');
  setCsrf('');
}
