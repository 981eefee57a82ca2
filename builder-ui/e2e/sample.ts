// An entity of the browser tests' own beside the trade template: files, lines with files, links, a number that a move gives.
import type { Page } from '@playwright/test';
import { ask, expect } from './test';

const text = (zh: string, en: string) => ({ 'zh-CN': zh, en });

const DOCUMENTS = {
  'entity/sample_part': {
    id: 'smplpart',
    name: 'sample_part',
    title: text('样品部件', 'Sample part'),
    fields: [
      { id: 'smplpf01', name: 'name', title: text('部件', 'Part'), type: 'text' },
      { id: 'smplpf02', name: 'drawing', title: text('图纸', 'Drawing'), type: 'file' },
    ],
  },
  'entity/sample': {
    id: 'smplsmpl',
    name: 'sample',
    title: text('样品', 'Sample'),
    label: 'name',
    fields: [
      { id: 'smplsf01', name: 'name', title: text('名称', 'Name'), type: 'text', required: true },
      {
        id: 'smplsf02',
        name: 'number',
        title: text('样品编号', 'Sample number'),
        type: 'auto_number',
        pattern: 'SP-{0000}',
        gapless: true,
        assign_on: 'issue',
      },
      { id: 'smplsf03', name: 'photo', title: text('照片', 'Photo'), type: 'image' },
      {
        id: 'smplsf07',
        name: 'clients',
        title: text('寄送客户', 'Sent to'),
        type: 'links',
        entity: 'customer',
      },
      { id: 'smplsf04', name: 'papers', title: text('资料', 'Papers'), type: 'files', max: 5 },
      {
        id: 'smplsf05',
        name: 'parts',
        title: text('部件', 'Parts'),
        type: 'lines',
        entity: 'sample_part',
      },
      {
        id: 'smplsf06',
        name: 'status',
        title: text('状态', 'Status'),
        type: 'state',
        states: [
          { id: 'smplss01', name: 'draft', title: text('草稿', 'Draft'), color: 'grey' },
          { id: 'smplss02', name: 'issued', title: text('已发出', 'Issued'), color: 'green' },
        ],
        initial: 'draft',
        transitions: [
          {
            id: 'smplst01',
            action: 'issue',
            title: text('发出样品', 'Issue'),
            from: ['draft'],
            to: 'issued',
          },
        ],
      },
    ],
  },
  'view/sample_list': {
    id: 'smplview',
    name: 'sample_list',
    entity: 'sample',
    title: text('全部样品', 'All samples'),
    type: 'list',
    columns: [
      { id: 'smplvc01', field: 'name', width: 220 },
      { id: 'smplvc02', field: 'photo' },
      { id: 'smplvc03', field: 'papers', width: 160 },
      { id: 'smplvc04', field: 'status' },
      { id: 'smplvc05', field: 'clients' },
    ],
  },
};

interface Role {
  entities: Record<string, unknown>;
}

/** Publishes the entity, once for each server. */
export async function publishSamples(admin: Page) {
  const { csrf } = await ask<{ csrf: string }>(admin, '/api/session');
  const headers = { 'X-CSRF-Token': csrf };
  const known = await admin.request.get('/api/draft/trade/entity/sample');
  if (known.status() === 200) return;
  const put = async (key: string, document: unknown) => {
    const answer = await admin.request.put(`/api/draft/trade/${key}`, { headers, data: document });
    expect(answer.ok(), `${key}: ${await answer.text()}`).toBe(true);
  };
  for (const [key, document] of Object.entries(DOCUMENTS)) await put(key, document);
  for (const name of ['sales', 'manager']) {
    const role = await ask<Role>(admin, `/api/draft/trade/role/${name}`);
    role.entities.sample = {
      create: true,
      read: 'all',
      update: 'all',
      delete: 'all',
      purge: true,
      actions: ['issue'],
    };
    await put(`role/${name}`, role);
  }
  const answer = await admin.request.post('/api/draft/publish', { headers, data: { message: 'Samples' } });
  expect(answer.status(), await answer.text()).toBe(200);
}
