// An in-memory fake of the API over the trade template, for looking at screens without an engine. Never part of a build.
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import {
  derive,
  type EntityDoc,
  expand,
  find,
  insert,
  list,
  missing,
  type Row,
  seed,
} from './fake-records.ts';

const TEMPLATE = join(import.meta.dirname, '../../templates-trade');
const FOLDERS = { entity: 'entities', form: 'forms', view: 'views', page: 'pages', role: 'roles' } as const;
type Kind = keyof typeof FOLDERS;

const read = (kind: Kind) =>
  readdirSync(join(TEMPLATE, FOLDERS[kind])).map((file) =>
    JSON.parse(readFileSync(join(TEMPLATE, FOLDERS[kind], file), 'utf8')),
  );

const SESSION = {
  user: {
    id: '00000000-0000-7000-8000-000000000001',
    name: '王芳',
    email: 'admin@demo.kontor',
    locale: 'zh-CN',
  },
  tenant: { name: 'demo', title: 'Demo' },
  administrator: true,
  csrf: 'fake',
};
const ALL = { create: true, read: true, update: true, delete: true, purge: true, export: true };
const USER = {
  name: 'user',
  title: { 'zh-CN': '用户', en: 'User' },
  label: 'name',
  fields: [
    { name: 'name', title: { 'zh-CN': '姓名', en: 'Name' }, type: 'text' },
    { name: 'email', title: { 'zh-CN': '邮箱', en: 'E-mail' }, type: 'email' },
  ],
};

interface Answer {
  status?: number;
  body?: unknown;
  etag?: string;
}

class Fake {
  entities = new Map<string, EntityDoc>(
    [...read('entity'), USER].map((document) => [document.name, document as EntityDoc]),
  );
  documents = new Map<string, unknown>(
    (Object.keys(FOLDERS) as Kind[]).flatMap((kind) =>
      read(kind).map((document) => [`trade/${kind}/${document.name}`, document] as [string, unknown]),
    ),
  );
  changed = new Set<string>();
  signedIn = true;

  constructor() {
    seed();
  }

  definitions() {
    const entities = [...this.entities.values()].map((document) => ({
      app: document === USER ? 'base' : 'trade',
      document,
      rights: {
        ...ALL,
        actions: document.fields.flatMap((field) => field.transitions?.map((move) => move.action) ?? []),
        fields: Object.fromEntries(document.fields.map((field) => [field.name, 'write'])),
      },
    }));
    const owned = (kind: Kind) => read(kind).map((document) => ({ app: 'trade', document }));
    const apps = [{ name: 'trade', title: { 'zh-CN': '贸易', en: 'Trade' }, locales: ['zh-CN', 'en'] }];
    return { revision: 7, apps, entities, forms: owned('form'), views: owned('view'), pages: owned('page') };
  }

  records(method: string, path: string[], query: URLSearchParams, body: Record<string, unknown>): Answer {
    const [key = '', id, ...rest] = path;
    const entity = key.replace(/^\w+\./, '');
    if (id === 'evaluate') {
      const record = derive((body.record ?? {}) as Record<string, unknown>);
      return { body: { record, errors: missing(this.entities, entity, record) } };
    }
    if (id === undefined && method === 'GET') return { body: list(this.entities, entity, query) };
    if (id === undefined)
      return this.write(entity, insert.bind(null, entity), { ...body, number: `QT-${Date.now()}` });
    const row = find(entity, id);
    if (!row) return { status: 404, body: { code: 'not_found', title: '没有找到' } };
    if (rest[0] === 'history') {
      return {
        body: {
          items: [
            {
              revision: 1,
              at: row.created_at,
              by: { id: '1', label: '王芳' },
              action: 'create',
              changes: [],
            },
          ],
        },
      };
    }
    if (rest[0] === 'actions') {
      const moves = this.entities.get(entity)?.fields.flatMap((field) => field.transitions ?? []) ?? [];
      Object.assign(row, {
        status: moves.find((move) => move.action === rest[1])?.to ?? row.status,
        revision: row.revision + 1,
      });
    }
    if (method === 'PATCH')
      return this.write(entity, (values) => Object.assign(row, values, { revision: row.revision + 1 }), {
        ...row,
        ...body,
      });
    return { body: expand(this.entities, entity, row), etag: `"${row.revision}"` };
  }

  write(
    entity: string,
    store: (values: Record<string, unknown>) => Row,
    values: Record<string, unknown>,
  ): Answer {
    const record = derive(values);
    const errors = missing(this.entities, entity, record);
    if (errors.length > 0)
      return { status: 422, body: { code: 'invalid_record', title: '不能保存', errors } };
    const row = store(record);
    return { status: 200, body: row, etag: `"${row.revision}"` };
  }

  draft(method: string, path: string[], body: unknown): Answer {
    const key = path.join('/');
    if (key === '') {
      const documents = [...this.documents.keys()].map((name) => {
        const [app, kind, own] = name.split('/');
        return { app, kind, name: own, etag: '"1"', state: this.changed.has(name) ? 'changed' : 'unchanged' };
      });
      return { body: { base_revision: 7, revision: 7, changed: [...this.changed], documents } };
    }
    if (key === 'check') {
      const finding = {
        severity: 'error',
        code: 'unknown_field',
        app: 'trade',
        kind: 'entity',
        name: 'customer',
        file: 'entities/customer.json',
        pointer: '/fields/2/title',
        line: 34,
        column: 7,
        message: '没有这个字段。',
        suggestion: '请检查拼写。',
      };
      return { body: { findings: this.changed.size > 0 ? [finding] : [] } };
    }
    if (key === 'plan') {
      return {
        body: {
          steps: [
            {
              action: 'add_column',
              entity: 'trade.customer',
              field: 'x',
              rows: 91,
              data_lost: 0,
              reversible: true,
              text: '客户增加字段“信用评级”',
            },
          ],
          findings: [],
        },
      };
    }
    if (method === 'PUT') {
      this.documents.set(key, body);
      this.changed.add(key);
    }
    return { body: this.documents.get(key), etag: '"1"' };
  }

  answer(method: string, url: URL, body: unknown): Answer {
    const [area = '', ...path] = url.pathname.replace('/api/', '').split('/').map(decodeURIComponent);
    switch (area) {
      case 'session':
        if (method === 'DELETE') this.signedIn = false;
        if (method === 'POST') this.signedIn = (body as { password?: string }).password !== 'wrong';
        return this.signedIn ? { body: SESSION } : { status: 401, body: { code: 'wrong_credentials' } };
      case 'definitions':
        return { body: this.definitions() };
      case 'records':
        return this.records(method, path, url.searchParams, (body ?? {}) as Record<string, unknown>);
      case 'draft':
        return this.draft(method, path, body);
      case 'revisions':
        return path.length > 0
          ? {
              body: {
                documents: [
                  {
                    app: 'trade',
                    kind: 'entity',
                    name: 'customer',
                    state: 'changed',
                    before: { a: 1, b: 2 },
                    after: { a: 1, b: 3 },
                  },
                ],
              },
            }
          : {
              body: {
                items: [
                  { revision: 7, at: '2026-11-25T03:00:00Z', by: null, message: '安装 trade', live: true },
                ],
              },
            };
      default:
        return { status: 404, body: { code: 'not_found', title: '没有找到' } };
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text ? JSON.parse(text) : undefined;
}

export function fakeApi(): Plugin {
  return {
    name: 'fake-api',
    configureServer(server) {
      const fake = new Fake();
      server.middlewares.use('/api', async (request: IncomingMessage, response: ServerResponse) => {
        const url = new URL(`/api${request.url ?? ''}`, 'http://localhost');
        const { status = 200, body, etag } = fake.answer(request.method ?? 'GET', url, await bodyOf(request));
        response.statusCode = status;
        response.setHeader('Content-Type', 'application/json');
        if (etag) response.setHeader('ETag', etag);
        response.end(body === undefined ? '' : JSON.stringify(body));
      });
    },
  };
}
