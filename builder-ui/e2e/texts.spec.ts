// A text in several languages: everybody reads and writes their own, a button beside the field opens all of them.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { ask, expect, test } from './test';

const input = (page: Page) => page.locator('[data-field="specification"] input');
const dialog = (page: Page) => page.getByRole('dialog');

async function save(page: Page, button: string, told: string) {
  await page.getByRole('button', { name: button, exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: told }).first()).toBeVisible();
}

test('a text in several languages', async ({ as }) => {
  const english = await as('admin', 'en');
  const chinese = await as('admin', 'zh-CN', 390);
  const list = await ask<{ items: { id: string }[] }>(
    english,
    '/api/records/trade.product?filter=code%20%3D%3D%20%22P001%22',
  );
  const address = `/records/trade/product/${list.items[0]?.id}`;
  const texts = async () => {
    const record = await ask<Record<string, unknown>>(
      english,
      `/api/records/trade.product/${list.items[0]?.id}?translations=true`,
    );
    return record.specification_translations;
  };
  const before = '10 boxes x 20 bags';
  expect(await texts()).toEqual({ 'zh-CN': before });

  // An entry per language; what is shown follows the reader's.
  await english.goto(address);
  await expect(input(english)).toHaveValue(before);
  await english.getByRole('button', { name: 'Specification in all languages' }).click();
  await expect(dialog(english).getByRole('textbox', { name: /^Chinese/ })).toHaveValue(before);
  await dialog(english).getByRole('textbox', { name: 'English' }).fill('10 boxes of 20 bags');
  await english.screenshot({ path: 'test-results/texts-1440-en.png' });
  await dialog(english).getByRole('button', { name: 'Done' }).click();
  await expect(input(english)).toHaveValue('10 boxes of 20 bags');
  await save(english, 'Save', 'Saved');
  expect(await texts()).toEqual({ 'zh-CN': before, en: '10 boxes of 20 bags' });

  // On a phone, in the other language.
  await chinese.goto(address);
  await expect(input(chinese)).toHaveValue(before);
  await input(chinese).fill('每箱10盒，每盒20袋');
  await chinese.getByRole('button', { name: '规格的各语言文本' }).click();
  await expect(dialog(chinese).getByRole('textbox', { name: /^中文/ })).toHaveValue('每箱10盒，每盒20袋');
  await expect(dialog(chinese).getByRole('textbox', { name: '英语' })).toHaveValue('10 boxes of 20 bags');
  await dialog(chinese).getByRole('combobox', { name: '添加语言' }).fill('德语');
  await chinese.getByRole('option', { name: /德语/ }).first().click();
  await dialog(chinese).getByRole('textbox', { name: /德语/ }).fill('10 Schachteln zu 20 Beuteln');
  const { violations } = await new AxeBuilder({ page: chinese })
    .withTags(['wcag2a', 'wcag2aa', 'wcag22aa'])
    .analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
  await chinese.screenshot({ path: 'test-results/texts-390-zh.png' });
  await dialog(chinese).getByRole('button', { name: '完成' }).click();
  await save(chinese, '保存', '已保存');
  expect(await texts()).toEqual({
    'zh-CN': '每箱10盒，每盒20袋',
    en: '10 boxes of 20 bags',
    de: '10 Schachteln zu 20 Beuteln',
  });

  // Who empties the text in their language takes away theirs alone.
  await english.goto(address);
  await expect(input(english)).toHaveValue('10 boxes of 20 bags');
  await input(english).fill('');
  await save(english, 'Save', 'Saved');
  await expect(input(english)).toHaveValue('每箱10盒，每盒20袋');
  await english.getByRole('button', { name: 'More' }).click();
  await english.getByRole('menuitem', { name: 'History' }).click();
  await expect(dialog(english)).toContainText('Specification (English)');
  await expect(dialog(english)).toContainText('Specification (German)');
});
