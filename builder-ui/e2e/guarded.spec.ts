// What stands between a person and a record: values that are hidden, records that are the same thing, a field required again.
import type { Page } from '@playwright/test';
import { ask, expect, LANGUAGES, speak, test } from './test';
import { createVendor, type EntityDoc, publishDocuments, publishVendors } from './vendors';

const NEW = '/records/trade/vendor/new';
const input = (page: Page, field: string) => page.locator(`[data-field="${field}"] input`);
const save = (page: Page) => page.getByRole('button', { name: 'Save', exact: true }).click();
const told = (page: Page, text: string | RegExp) =>
  expect(page.getByRole('status').filter({ hasText: text }).first()).toBeVisible();

async function fill(page: Page, values: Record<string, string>) {
  for (const [field, value] of Object.entries(values)) await input(page, field).fill(value);
}

test('a possible duplicate is asked about, a certain one is refused', async ({ as }, info) => {
  await publishVendors(await as('admin', 'en'));
  const page = await as('sales', 'en');
  await createVendor(page, { name: 'Golden Bridge Ltd', code: 'V-1', grade: 'A' });
  const count = async () =>
    (await ask<{ count: number }>(page, '/api/records/trade.vendor?limit=1&count=true')).count;
  const before = await count();
  const dialog = page.getByRole('alertdialog');

  await page.goto(NEW);
  await fill(page, { name: 'ＧＯＬＤＥＮ bridge', grade: 'B' });
  await save(page);
  await expect(dialog).toContainText('Golden Bridge Ltd');
  await page.screenshot({ path: info.outputPath('possible-duplicate.png'), animations: 'disabled' });
  await dialog.getByRole('button', { name: 'Back to the form' }).click();
  expect(await count()).toBe(before);
  await expect(input(page, 'name')).toHaveValue('ＧＯＬＤＥＮ bridge');
  await save(page);
  await dialog.getByRole('button', { name: 'Save anyway' }).click();
  await told(page, 'Saved');
  expect(await count()).toBe(before + 1);

  await page.goto(NEW);
  await fill(page, { name: 'Somebody else', code: 'V-1', grade: 'A' });
  await save(page);
  await expect(dialog).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Save anyway' })).toHaveCount(0);
  await expect(dialog).not.toContainText('Golden Bridge');
  await dialog.getByRole('button', { name: 'Back to the form' }).click();
  expect(await count()).toBe(before + 1);
  // With another code it is another vendor.
  await fill(page, { code: 'V-2' });
  await save(page);
  await told(page, 'Saved');
});

test('a hidden value is shown for one record on request, and that is noted', async ({ as }, info) => {
  const admin = await as('admin', 'en');
  await publishVendors(admin);
  const page = await as('sales', 'en');
  const id = await createVendor(page, {
    name: 'Quiet Works',
    tax: 'TAX-4711',
    grade: 'A',
    accounts: [
      { bank: 'ICBC', iban: 'IBAN-0815' },
      { bank: 'ABC', iban: 'IBAN-2222' },
    ],
  });
  const opened = async () => {
    const address = `/api/access-log?kind=open&record=${id}`;
    return (await ask<{ items: { person: { label: string } }[] }>(admin, address)).items.length;
  };
  const shot = (name: string) =>
    page.screenshot({ path: info.outputPath(`${name}.png`), animations: 'disabled' });

  await page.goto('/records/trade/vendor');
  await expect(page.getByText('Quiet Works')).toBeVisible();
  await expect(page.getByText('TAX-4711')).toHaveCount(0);

  await page.goto(`/records/trade/vendor/${id}`);
  const field = page.locator('[data-field="tax"]');
  await expect(field.getByRole('img', { name: /^Hidden/ })).toBeVisible();
  expect(await opened()).toBe(0);
  await field.getByRole('button', { name: 'Show the value: Tax number' }).click();
  await expect(field).toContainText('TAX-4711');
  await expect(page.getByText('IBAN-0815')).toHaveCount(0);
  expect(await opened()).toBe(1);

  const cell = page
    .getByRole('gridcell')
    .filter({ has: page.getByRole('button', { name: 'Show the value: IBAN' }) });
  await cell.first().getByRole('button').click();
  await expect(page.getByText('IBAN-0815')).toBeVisible();
  await expect(page.getByText('IBAN-2222')).toHaveCount(0);
  expect(await opened()).toBe(2);
  await shot('shown-1440');

  await page.getByRole('button', { name: 'Hide the value: IBAN' }).click();
  await field.getByRole('button', { name: 'Hide the value: Tax number' }).click();
  await expect(page.getByText(/IBAN-0815|TAX-4711/)).toHaveCount(0);
  expect(await opened()).toBe(2);
  // What is saved beside it leaves hidden values as they are.
  await input(page, 'code').fill('V-77');
  await save(page);
  await told(page, 'Saved');
  const stored = await ask<{ tax: string; code: string }>(page, `/api/records/trade.vendor/${id}?reveal=tax`);
  expect([stored.tax, stored.code]).toEqual(['TAX-4711', 'V-77']);

  for (const language of LANGUAGES) {
    const zh = language === 'zh-CN';
    await speak(page, language);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`/records/trade/vendor/${id}`);
    await page.getByRole('button', { name: /ICBC/ }).click();
    const row = page.getByRole('dialog');
    await row.getByRole('button', { name: zh ? '显示内容：账号' : 'Show the value: IBAN' }).click();
    await expect(row.getByText('IBAN-0815')).toBeVisible();
    await shot(`shown-${language}-390`);
  }
});

test('a field that is required again gets a value while restoring', async ({ as }, info) => {
  const admin = await as('admin', 'en');
  await publishVendors(admin);
  const document = await ask<EntityDoc>(admin, '/api/draft/trade/entity/vendor');
  const { items } = await ask<{ items: { revision: number; live: boolean }[] }>(admin, '/api/revisions');
  const required = items.find((one) => one.live)?.revision;
  const fields = document.fields.map((field) =>
    field.name === 'grade' ? { ...field, required: false } : field,
  );
  await publishDocuments(admin, { 'entity/vendor': { ...document, fields } });
  const id = await createVendor(await as('sales', 'en'), { name: 'Ungraded Ltd' });

  await admin.goto('/definitions?panel=revisions');
  await admin.getByRole('button', { name: `Restore revision ${required}`, exact: true }).click();
  const dialog = admin.getByRole('alertdialog');
  const value = dialog.getByRole('textbox', { name: 'Value of “Grade” in records without one' });
  await value.fill('no such thing');
  await dialog.getByRole('button', { name: 'Restore', exact: true }).click();
  await expect(dialog.getByRole('alert').first()).toBeVisible();
  await value.fill('"C"');
  await admin.screenshot({ path: info.outputPath('restore.png'), animations: 'disabled' });
  await dialog.getByRole('button', { name: 'Restore', exact: true }).click();
  await told(admin, /Revision \d+ is live/);
  expect((await ask<{ grade: string }>(admin, `/api/records/trade.vendor/${id}`)).grade).toBe('C');
});

test('the search button keeps its icon at every width', async ({ as }) => {
  const page = await as('sales', 'en', 1024);
  const icon = page
    .getByRole('button', { name: /^Search/ })
    .locator('svg')
    .first();
  for (const width of [1440, 1024, 800, 390]) {
    await page.setViewportSize({ width, height: 900 });
    const box = await icon.boundingBox();
    expect(box && box.width >= 16 && box.height >= 16, `${width}`).toBe(true);
  }
});
