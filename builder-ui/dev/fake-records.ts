// Records in memory, good enough to look at screens: no rights, no expressions but the template's line amounts.
import { randomUUID } from 'node:crypto';

export type Row = Record<string, unknown> & { id: string; revision: number };

interface FieldDoc {
  name: string;
  type: string;
  required?: unknown;
  entity?: string;
  title: Record<string, string>;
  initial?: string;
  transitions?: { action: string; to: string }[];
}

export interface EntityDoc {
  name: string;
  label?: string;
  fields: FieldDoc[];
}

const tables = new Map<string, Row[]>();
const table = (name: string) => {
  const rows = tables.get(name) ?? [];
  tables.set(name, rows);
  return rows;
};
const NOW = '2026-11-25T04:00:00Z';
const USER = '00000000-0000-7000-8000-000000000001';

export function insert(entity: string, values: Record<string, unknown>): Row {
  const row = {
    id: randomUUID(),
    revision: 1,
    created_at: NOW,
    created_by: USER,
    updated_at: NOW,
    updated_by: USER,
    owner: USER,
    ...values,
  };
  table(entity).push(row);
  return row;
}

export const find = (entity: string, id: unknown) => table(entity).find((row) => row.id === id);

/** The value at a path such as `customer.name`. */
function at(entities: Map<string, EntityDoc>, entity: string, row: Row | undefined, path: string): unknown {
  const [name = '', ...rest] = path.split('.');
  const value = row?.[name];
  if (rest.length === 0) return value ?? null;
  const field = entities.get(entity)?.fields.find((candidate) => candidate.name === name);
  const target = field?.entity ?? (['owner', 'created_by', 'updated_by'].includes(name) ? 'user' : '');
  return at(entities, target, find(target, value), rest.join('.'));
}

/** Understands only `contains(lower(path), "text")`, joined by `||`; any other filter is ignored. */
function matches(entities: Map<string, EntityDoc>, entity: string, row: Row, filter: string | null): boolean {
  const parts = [...(filter ?? '').matchAll(/contains\(lower\(([\w.]+)\), "([^"]*)"\)/g)];
  if (parts.length === 0) return true;
  return parts.some(([, path = '', text = '']) =>
    String(at(entities, entity, row, path) ?? '')
      .toLowerCase()
      .includes(text),
  );
}

export function list(entities: Map<string, EntityDoc>, entity: string, query: URLSearchParams) {
  const rows = table(entity).filter((row) => matches(entities, entity, row, query.get('filter')));
  const key = query.get('sort')?.split(',')[0];
  if (key) {
    const down = key.startsWith('-') ? -1 : 1;
    const path = key.replace(/^-/, '');
    const text = (row: Row) => String(at(entities, entity, row, path) ?? '');
    rows.sort((a, b) => down * text(a).localeCompare(text(b), 'zh-CN', { numeric: true }));
  }
  const from = Number(query.get('cursor') ?? 0);
  const limit = Number(query.get('limit') ?? 50);
  const fields = query.get('fields')?.split(',');
  const items = rows.slice(from, from + limit).map((row) => ({
    id: row.id,
    revision: row.revision,
    ...Object.fromEntries(
      (fields ?? Object.keys(row)).map((path) => [path, at(entities, entity, row, path)]),
    ),
  }));
  const next = from + limit < rows.length ? String(from + limit) : null;
  return { items, next_cursor: next, ...(query.get('count') ? { count: rows.length } : {}) };
}

const cents = (value: number) => (Math.round(value * 100 + Number.EPSILON) / 100).toFixed(2);

/** Defaults and derived values of the trade template. */
export function derive(record: Record<string, unknown>): Record<string, unknown> {
  const customer = find('customer', record.customer);
  const result: Record<string, unknown> = { ...record };
  result.currency ??= customer?.currency ?? null;
  result.quote_date ??= '2026-11-25';
  result.valid_until ??= '2026-12-25';
  result.status ??= 'draft';
  if (Array.isArray(record.lines)) {
    const lines = (record.lines as Record<string, unknown>[]).map((line) => {
      const product = find('product', line.product);
      const row: Record<string, unknown> = { ...line };
      row.description ??= product?.name ?? null;
      row.unit ??= product?.unit ?? null;
      row.price ??= product?.list_price ?? null;
      row.qty ??= '1';
      row.discount ??= '0';
      row.amount = cents(Number(row.qty) * Number(row.price ?? 0) * (1 - Number(row.discount)));
      return row;
    });
    result.lines = lines;
    result.total = cents(lines.reduce((sum, line) => sum + Number(line.amount), 0));
  }
  return result;
}

export interface FieldError {
  pointer: string;
  code: string;
  message: string;
}

export function missing(
  entities: Map<string, EntityDoc>,
  entity: string,
  record: Record<string, unknown>,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of entities.get(entity)?.fields ?? []) {
    const value = record[field.name];
    const pointer = `/${field.name}`;
    if (field.required === true && (value === null || value === undefined)) {
      errors.push({ pointer, code: 'required', message: `${field.title['zh-CN']}不能为空。` });
    }
    if (field.type === 'lines' && Array.isArray(value) && field.entity) {
      for (const [index, line] of (value as Record<string, unknown>[]).entries()) {
        errors.push(
          ...missing(entities, field.entity, line).map((e) => ({
            ...e,
            pointer: `${pointer}/${index}${e.pointer}`,
          })),
        );
      }
    }
  }
  return errors;
}

export function expand(entities: Map<string, EntityDoc>, entity: string, row: Row): Row {
  const shown: Row = { ...row };
  for (const field of entities.get(entity)?.fields ?? []) {
    const target =
      field.type === 'reference' && field.entity ? find(field.entity, row[field.name]) : undefined;
    if (target) shown[field.name] = target;
  }
  return shown;
}

/** Some data to look at. */
export function seed() {
  table('user').push({ id: USER, revision: 1, name: '王芳', email: 'sales@demo.kontor' });
  const customers = [
    'Alfreds Futterkiste',
    'Around the Horn',
    'Berglunds snabbköp',
    '上海远洋国际贸易有限公司',
    'Ernst Handel',
    'QUICK-Stop',
  ];
  const rows = customers.map((name, index) =>
    insert('customer', {
      code: `C${String(index + 1).padStart(3, '0')}`,
      name,
      status: ['active', 'prospect'][index % 2],
      grade: ['A', 'B', 'C'][index % 3],
      country: ['DE', 'GB', 'SE', 'CN', 'AT', 'DE'][index],
      currency: ['EUR', 'GBP', 'USD', 'CNY'][index % 4],
      city: ['Berlin', 'London', 'Luleå', '上海', 'Graz', 'Cunewalde'][index],
      credit_limit: `${(index + 1) * 12500}.00`,
    }),
  );
  for (let n = 0; n < 240; n++) {
    insert('customer', {
      code: `X${n}`,
      name: `Customer ${String(n).padStart(3, '0')}`,
      status: 'active',
      grade: 'C',
      country: 'US',
      currency: 'USD',
    });
  }
  const products = [
    'Chai',
    'Chang',
    'Aniseed Syrup',
    "Chef Anton's Cajun Seasoning",
    'Camembert Pierrot',
    'Tofu',
    '不锈钢保温杯 500ml',
  ];
  const items = products.map((name, index) =>
    insert('product', {
      code: `P-${1000 + index}`,
      name,
      unit: 'box',
      currency: 'USD',
      list_price: `${(index + 1) * 9.5}`,
      active: true,
      category: 'beverages',
    }),
  );
  for (let n = 0; n < 60; n++) {
    const lines = [0, 1, 2].map((k) => ({
      id: randomUUID(),
      position: k + 1,
      product: items[(n + k) % items.length]?.id,
      qty: String(n + k + 1),
      discount: k === 1 ? '0.05' : '0',
    }));
    insert('quote', {
      ...derive({
        customer: rows[n % rows.length]?.id,
        lines,
        quote_date: `2026-${String((n % 11) + 1).padStart(2, '0')}-15`,
        valid_until: '2026-12-31',
      }),
      number: `QT-2026${String((n % 11) + 1).padStart(2, '0')}-${String(n + 1).padStart(4, '0')}`,
      status: ['draft', 'sent', 'accepted', 'lost'][n % 4],
    });
  }
}
