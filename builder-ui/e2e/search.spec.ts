// Search over everything by keyboard and by touch, the search of a list, and the question about customers that exist already.
import type { Page } from '@playwright/test';
import { expect, LANGUAGES, type Language, test } from './test';

const CUSTOMER = 'Alfreds Futterkiste';
const WORDS = {
  'zh-CN': {
    open: '搜索全部',
    results: '搜索结果',
    customers: '客户',
    nothing: '没有找到',
    list: '搜索',
    name: '客户名称',
    save: '保存',
    maybe: '可能与已有记录重复',
    owner: '负责人',
    anyway: '仍然保存',
    saved: '已保存',
  },
  en: {
    open: 'Search everything',
    results: 'Results',
    customers: 'Customer',
    nothing: 'Nothing found',
    list: 'Search',
    name: 'Name',
    save: 'Save',
    maybe: 'This may exist already',
    owner: 'belongs to',
    anyway: 'Save anyway',
    saved: 'Saved',
  },
} satisfies Record<Language, Record<string, string>>;

async function find(page: Page, language: Language, text: string) {
  await page.getByRole('dialog').getByRole('searchbox').fill(text);
  return page.getByRole('listbox', { name: WORDS[language].results });
}

for (const language of LANGUAGES) {
  const words = WORDS[language];
  test(`everything is searched by keyboard, ${language}`, async ({ as }) => {
    const page = await as('sales', language);
    await page.keyboard.press('Control+k');
    const results = await find(page, language, 'alfr');
    await expect(results.getByRole('group', { name: words.customers }).first()).toBeVisible();
    await expect(results.getByRole('option', { name: CUSTOMER }).first()).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(CUSTOMER);
    // The key of searching, where nobody is typing.
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('/');
    const none = await find(page, language, 'xyzzy');
    await expect(none.getByText(words.nothing)).toBeVisible();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });

  for (const width of [1024, 390]) {
    test(`everything is searched from the top bar, ${language}, ${width} px`, async ({ as }) => {
      const page = await as('sales', language, width);
      await page.getByRole('button', { name: words.open }).click();
      const results = await find(page, language, 'futter');
      await results.getByRole('option', { name: CUSTOMER }).first().click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(CUSTOMER);
    });
  }

  test(`a list is searched by words, ${language}`, async ({ as }) => {
    const page = await as('sales', language);
    await page.goto('/records/trade/customer');
    await page.getByRole('searchbox', { name: words.list }).fill('ＦＵＴＴＥＲ alf');
    await expect(page.getByRole('row').filter({ hasText: CUSTOMER })).toBeVisible();
    await expect(page.getByRole('row')).toHaveCount(2);
    await expect(page).toHaveURL(/[?&]q=/);
  });
}
