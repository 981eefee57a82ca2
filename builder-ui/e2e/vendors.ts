// Another entity of the browser tests' own: hidden values in fields and lines, rules about duplicates, a required field.
import type { Page } from '@playwright/test';
import { ask, expect } from './test';

const text = (zh: string, en: string) => ({ 'zh-CN': zh, en });

interface FieldDoc {
  name: string;
  required?: boolean;
}
export interface EntityDoc {
  fields: FieldDoc[];
}

const DOCUMENTS = {
  'entity/vendor_account': {
    id: 'vndracct',
    name: 'vendor_account',
    title: text('银行账户', 'Bank account'),
    fields: [
      { id: 'vndraf01', name: 'bank', title: text('银行', 'Bank'), type: 'text' },
      { id: 'vndraf02', name: 'iban', title: text('账号', 'IBAN'), type: 'text', sensitive: true },
    ],
  },
  'entity/vendor': {
    id: 'vndrvndr',
    name: 'vendor',
    title: text('加工厂', 'Vendor'),
    label: 'name',
    fields: [
      { id: 'vndrvf01', name: 'name', title: text('名称', 'Name'), type: 'text', required: true },
      { id: 'vndrvf02', name: 'code', title: text('编号', 'Code'), type: 'text' },
      { id: 'vndrvf03', name: 'tax', title: text('税号', 'Tax number'), type: 'text', sensitive: true },
      { id: 'vndrvf04', name: 'grade', title: text('等级', 'Grade'), type: 'text', required: true },
      {
        id: 'vndrvf05',
        name: 'accounts',
        title: text('银行账户', 'Bank accounts'),
        type: 'lines',
        entity: 'vendor_account',
      },
    ],
    duplicates: [
      { match: ['fold(name)'], action: 'warn', reveal: 'label' },
      { match: ['code', 'grade'], action: 'refuse', reveal: 'nothing' },
    ],
  },
  'view/vendor_list': {
    id: 'vndrview',
    name: 'vendor_list',
    entity: 'vendor',
    title: text('全部加工厂', 'All vendors'),
    type: 'list',
    columns: [
      { id: 'vndrvc01', field: 'name', width: 220 },
      { id: 'vndrvc02', field: 'tax' },
    ],
  },
};

async function headersOf(page: Page) {
  const { csrf } = await ask<{ csrf: string }>(page, '/api/session');
  return { 'X-CSRF-Token': csrf };
}

/** Stores documents in the draft and publishes them. */
export async function publishDocuments(admin: Page, documents: Record<string, unknown>) {
  const headers = await headersOf(admin);
  for (const [key, data] of Object.entries(documents)) {
    const answer = await admin.request.put(`/api/draft/trade/${key}`, { headers, data });
    expect(answer.ok(), `${key}: ${await answer.text()}`).toBe(true);
  }
  const answer = await admin.request.post('/api/draft/publish', { headers, data: { message: 'Vendors' } });
  expect(answer.status(), await answer.text()).toBe(200);
}

/** Publishes the entity, once for each server. */
export async function publishVendors(admin: Page) {
  const known = await admin.request.get('/api/draft/trade/entity/vendor');
  if (known.status() === 200) return;
  const role = await ask<{ entities: Record<string, unknown> }>(admin, '/api/draft/trade/role/sales');
  role.entities.vendor = { create: true, read: 'all', update: 'all', delete: 'all' };
  await publishDocuments(admin, { ...DOCUMENTS, 'role/sales': role });
}

/** A stored vendor; its id. */
export async function createVendor(page: Page, vendor: Record<string, unknown>): Promise<string> {
  const headers = await headersOf(page);
  const answer = await page.request.post('/api/records/trade.vendor', { headers, data: vendor });
  expect(answer.status(), await answer.text()).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}
