// What happens to a record besides being filled in: two people at once, the archive and back, for good, a number in time.
import type { Page } from '@playwright/test';
import { publishSamples } from './sample';
import { ask, expect, test } from './test';

interface Sample {
  id: string;
  name: string;
  number: string | null;
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const name = (page: Page) => page.locator('[data-field="name"] input');
const save = (page: Page) => page.getByRole('button', { name: 'Save', exact: true }).click();
const told = (page: Page, text: string) =>
  expect(page.getByRole('status').filter({ hasText: text }).first()).toBeVisible();

/** A new sample, open in the form; its address. */
async function newSample(page: Page, called: string): Promise<string> {
  await page.goto('/records/trade/sample/new');
  await name(page).fill(called);
  await save(page);
  await expect(page).toHaveURL(/sample\/[0-9a-f-]{36}$/);
  return new URL(page.url()).pathname;
}

const stored = (page: Page, address: string) =>
  ask<Sample>(page, `/api/records/trade.sample/${address.split('/').at(-1)}`);

test('what somebody else saved meanwhile is shown and not written over unasked', async ({ as }) => {
  await publishSamples(await as('admin', 'en'));
  const [mine, theirs] = [await as('sales', 'en'), await as('sales', 'en')];
  const address = await newSample(mine, 'Cup');
  await theirs.goto(address);
  await expect(name(theirs)).toHaveValue('Cup');

  await name(mine).fill('My cup');
  await name(theirs).fill('Their cup');
  await save(theirs);
  await told(theirs, 'Saved');
  await expect(mine.getByText('Loading the latest content drops what you have not saved')).toBeVisible();
  await save(mine);
  const dialog = mine.getByRole('alertdialog');
  await expect(dialog).toContainText('Somebody else changed this record');
  await dialog.getByRole('button', { name: 'Load the latest' }).click();
  await expect(name(mine)).toHaveValue('Their cup');

  await name(theirs).fill('Their other cup');
  await name(mine).fill('My other cup');
  await save(theirs);
  await expect(mine.getByText('Loading the latest content drops what you have not saved')).toBeVisible();
  await save(mine);
  await dialog.getByRole('button', { name: 'Keep and save mine' }).click();
  await told(mine, 'Saved');
  expect((await stored(mine, address)).name).toBe('My other cup');
  // Whoever has changed nothing simply sees it.
  await expect(name(theirs)).toHaveValue('My other cup');
});

test('into the archive, back, and away for good', async ({ as }) => {
  await publishSamples(await as('admin', 'en'));
  const page = await as('sales', 'en');
  const address = await newSample(page, 'Old box');
  const archive = async () => {
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Archive' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Archive' }).click();
    await told(page, 'Archived');
    await page.goto(address);
    await expect(heading(page)).toHaveText('Old box');
  };
  await archive();
  await expect(page.getByText('Restore it to go on working with it')).toBeVisible();
  await page.getByRole('button', { name: 'Restore' }).click();
  await told(page, 'Restored from the archive');
  await expect(name(page)).toBeEditable();
  await archive();
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Delete for good' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete for good' }).click();
  await told(page, 'Deleted for good');
  const gone = await page.request.get(`/api/records/trade.sample/${address.split('/').at(-1)}`);
  expect(gone.status()).toBe(404);
});

test('a number says which move gives it, and is there after it', async ({ as }) => {
  await publishSamples(await as('admin', 'en'));
  const page = await as('sales', 'en');
  const address = await newSample(page, 'Jar');
  const number = page.locator('[data-field="number"]');
  await expect(number).toContainText('Assigned on “Issue”');
  await page.getByRole('button', { name: 'Issue', exact: true }).click();
  await expect(number).toContainText(/SP-\d{4}/);
  expect((await stored(page, address)).number).toMatch(/^SP-\d{4}$/);
  // A gapless number once given cannot be deleted: the refusal stands above the form.
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Archive' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Archive' }).click();
  await told(page, 'Archived');
  await page.goto(address);
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Delete for good' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete for good' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'gapless' })).toBeVisible();
});
