// The places of the app. Filters, order and the open document are part of the address.
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { catalogQuery } from '../api/definitions';
import { sessionQuery } from '../api/session';
import { Skeleton } from '../ui/Skeleton';
import { ErrorScreen, NotFound } from './ErrorScreen';
import { Frame } from './Frame';

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Outlet,
  errorComponent: ErrorScreen,
  notFoundComponent: NotFound,
});

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Only the named keys that hold text. */
function texts<K extends string>(search: Record<string, unknown>, keys: K[]): Partial<Record<K, string>> {
  const found: Partial<Record<K, string>> = {};
  for (const key of keys) {
    const value = text(search[key]);
    if (value !== undefined) found[key] = value;
  }
  return found;
}

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search: Record<string, unknown>): { to?: string } => texts(search, ['to']),
  component: lazyRouteComponent(() => import('../features/login/Login')),
});

const frame = createRoute({
  getParentRoute: () => root,
  id: 'frame',
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (!session)
      throw redirect({ to: '/login', search: location.href === '/' ? {} : { to: location.href } });
  },
  loader: ({ context }) => context.client.ensureQueryData({ ...catalogQuery, revalidateIfStale: true }),
  pendingComponent: Skeleton,
  component: Frame,
});

const home = createRoute({
  getParentRoute: () => frame,
  path: '/',
  component: lazyRouteComponent(() => import('./Home')),
});

export type ListSearch = Partial<Record<'view' | 'filter' | 'sort' | 'archived' | 'q', string | undefined>>;

const list = createRoute({
  getParentRoute: () => frame,
  path: '/records/$app/$entity',
  validateSearch: (search: Record<string, unknown>): ListSearch =>
    texts(search, ['view', 'filter', 'sort', 'archived', 'q']),
  component: lazyRouteComponent(() => import('../features/record-list/RecordList')),
});

const record = createRoute({
  getParentRoute: () => frame,
  path: '/records/$app/$entity/$id',
  component: lazyRouteComponent(() => import('../features/record/RecordScreen')),
});

export type DefinitionsSearch = Partial<Record<'doc' | 'panel' | 'line' | 'revision', string | undefined>>;

const definitions = createRoute({
  getParentRoute: () => frame,
  path: '/definitions',
  validateSearch: (search: Record<string, unknown>): DefinitionsSearch =>
    texts(search, ['doc', 'panel', 'line', 'revision']),
  component: lazyRouteComponent(() => import('../features/definitions/DefinitionsScreen')),
});

export type AccessLogSearch = Partial<Record<'kind' | 'person' | 'from' | 'until', string | undefined>>;

const accessLog = createRoute({
  getParentRoute: () => frame,
  path: '/access-log',
  validateSearch: (search: Record<string, unknown>): AccessLogSearch =>
    texts(search, ['kind', 'person', 'from', 'until']),
  component: lazyRouteComponent(() => import('../features/access-log/AccessLog')),
});

export function createAppRouter(client: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([login, frame.addChildren([home, list, record, definitions, accessLog])]),
    context: { client },
    defaultErrorComponent: ErrorScreen,
    defaultNotFoundComponent: NotFound,
    defaultPendingComponent: Skeleton,
    defaultPreload: false,
    scrollRestoration: true,
    // The texts of an address stay as they are: `filter` is an expression, not JSON.
    parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
    stringifySearch: (search) => {
      const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
      const query = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
      return query ? `?${query}` : '';
    },
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
