// Several records in one field: found by typing, taken away by keyboard, shown in lists, filters and history.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { publishSamples } from './sample';
import { ask, expect, LANGUAGES, type Language, test } from './test';

const WORDS = {
  'zh-CN': {
    save: '保存',
    saved: '已保存',
    chosen: '已选：寄送客户',
    remove: '移除',
    filter: '筛选',
    add: '添加条件',
    field: '寄送客户',
    apply: '应用',
    more: '更多操作',
    history: '修改历史',
    added: '新增',
    removed: '移除',
  },
  en: {
    save: 'Save',
    saved: 'Saved',
    chosen: 'Chosen: Sent to',
    remove: 'Remove',
    filter: 'Filter',
    add: 'Add condition',
    field: 'Sent to',
    apply: 'Apply',
    more: 'More actions',
    history: 'History',
    added: 'Added',
    removed: 'Removed',
  },
} satisfies Record<Language, Record<string, string>>;

const [FIRST, SECOND, THIRD] = ['Alfreds Futterkiste', 'Around the Horn', 'Berglunds snabbköp'] as const;

async function choose(page: Page, typed: string, name: string) {
  const box = page.locator('[data-field="clients"] input');
  await box.fill(typed);
  await page.getByRole('option', { name }).first().click();
  // The list stays open for the next one.
  await box.press('Escape');
  await expect(page.getByRole('row', { name })).toBeVisible();
}

async function expectNoBarriers(page: Page) {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
}

for (const language of LANGUAGES) {
  for (const width of [1440, 390]) {
    const words = WORDS[language];
    test(`links are chosen and taken away, ${language}, ${width} px`, async ({ as }, info) => {
      await publishSamples(await as('admin', 'en'));
      const page = await as('manager', language, width);
      const save = () => page.getByRole('button', { name: words.save, exact: true }).click();
      const saved = () =>
        expect(page.getByRole('status').filter({ hasText: words.saved }).first()).toBeVisible();
      const title = `Links ${language} ${width}`;
      await page.goto('/records/trade/sample/new');
      await page.locator('[data-field="name"] input').fill(title);
      await choose(page, 'alfr', FIRST);
      await choose(page, 'around', SECOND);
      await choose(page, 'bergl', THIRD);
      await expectNoBarriers(page);
      await page.screenshot({ path: info.outputPath('form.png') });
      const chips = page.getByRole('grid', { name: words.chosen });
      // By its button, by the key on a chip, by the key in the empty box.
      await chips
        .getByRole('button', { name: `${words.remove}${language === 'en' ? ' ' : ''}${FIRST}` })
        .click();
      await expect(chips.getByRole('row')).toHaveCount(2);
      await save();
      await expect(page).toHaveURL(/sample\/[0-9a-f-]{36}$/);
      const id = page.url().split('/').at(-1) ?? '';
      const stored = async () =>
        (await ask<{ clients: string[] }>(page, `/api/records/trade.sample/${id}`)).clients;
      expect(await stored()).toHaveLength(2);
      await page.reload();
      await expect(chips.getByRole('row', { name: SECOND })).toBeVisible();
      await chips.getByRole('row', { name: SECOND }).focus();
      await page.keyboard.press('Delete');
      await expect(chips.getByRole('row')).toHaveCount(1);
      await page.locator('[data-field="clients"] input').focus();
      await page.keyboard.press('Backspace');
      await expect(chips).toHaveCount(0);
      await choose(page, 'alfr', FIRST);
      await save();
      await saved();
      expect(await stored()).toHaveLength(1);

      await page.goto('/records/trade/sample');
      const row = page.locator('article, [role=row]').filter({ hasText: title });
      await expect(row).toContainText(FIRST);
      await page.screenshot({ path: info.outputPath('list.png') });
      await expectNoBarriers(page);
    });
  }

  test(`lists are filtered by a link, and history says what came and went, ${language}`, async ({
    as,
  }, info) => {
    const words = WORDS[language];
    await publishSamples(await as('admin', 'en'));
    const page = await as('manager', language);
    const customer = async (name: string) => {
      const filter = encodeURIComponent(`name == "${name}"`);
      const found = await ask<{ items: { id: string }[] }>(
        page,
        `/api/records/trade.customer?filter=${filter}&fields=name`,
      );
      return found.items[0]?.id ?? '';
    };
    const [first, second] = [await customer(FIRST), await customer(SECOND)];
    const { csrf } = await ask<{ csrf: string }>(page, '/api/session');
    const headers = { 'X-CSRF-Token': csrf };
    const send = async (method: 'post' | 'patch', path: string, data: unknown) =>
      (await (await page.request[method](`/api/records/trade.sample${path}`, { headers, data })).json()) as {
        id: string;
      };
    const { id } = await send('post', '', { name: `With ${language}`, clients: [first] });
    await send('post', '', { name: `Without ${language}`, clients: [second] });
    await send('patch', `/${id}`, { clients: { add: [second], remove: [first] } });

    await page.goto('/records/trade/sample');
    await page.getByRole('button', { name: words.filter }).click();
    await page.getByRole('button', { name: words.add }).click();
    const panel = page.getByRole('form', { name: words.filter });
    await panel.getByRole('button').first().click();
    await page.getByRole('option', { name: words.field }).click();
    await panel.getByRole('combobox').fill('alfr');
    await page.getByRole('option', { name: FIRST }).first().click();
    await page.getByRole('button', { name: words.apply }).click();
    await expect(page).toHaveURL(/clients\.any/);
    await expect(page.getByText(`Without ${language}`)).toHaveCount(0);
    await page.reload();
    await expect(panel.getByRole('combobox')).toHaveValue(FIRST);

    await page.goto(`/records/trade/sample/${id}`);
    await page.getByRole('button', { name: words.more }).click();
    await page.getByRole('menuitem', { name: words.history }).click();
    const history = page.getByRole('dialog');
    await expect(history.getByText(words.added).first()).toBeVisible();
    await expect(history.getByText(words.removed).first()).toBeVisible();
    await expect(history.getByText(FIRST).first()).toBeVisible();
    await page.screenshot({ path: info.outputPath('history.png') });
  });
}
