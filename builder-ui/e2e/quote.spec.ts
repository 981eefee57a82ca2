// Sales makes a quote with three lines; the totals are right to the cent in both languages, on a desk and on a phone.
import type { Page } from '@playwright/test';
import { ask, expect, LANGUAGES, type Language, test } from './test';

const CUSTOMER = 'Alfreds Futterkiste';
/** 3 × 18.005 = 54.015 → 54.02; 7 × 9.99 − 5 % = 66.4335 → 66.43; 1 × 0.005 → 0.01. */
const LINES = [
  { product: 'Chai', qty: '3', price: '18.005', discount: '', amount: '54.02' },
  { product: 'Tofu', qty: '7', price: '9.99', discount: '5', amount: '66.43' },
  { product: 'Chang', qty: '1', price: '0.005', discount: '', amount: '0.01' },
];
const TOTAL = '120.46';

const WORDS = {
  'zh-CN': {
    quotes: '全部报价',
    new: '新建',
    customer: '客户',
    save: '保存',
    saved: '已保存',
    lines: '报价明细',
    add: '添加一行',
    done: '完成',
    menu: '菜单',
    product: '产品',
    qty: '数量',
    price: '单价',
    discount: '折扣',
  },
  en: {
    quotes: 'All quotes',
    new: 'New',
    customer: 'Customer',
    save: 'Save',
    saved: 'Saved',
    lines: 'Lines',
    add: 'Add row',
    done: 'Done',
    menu: 'Menu',
    product: 'Product',
    qty: 'Quantity',
    price: 'Unit price',
    discount: 'Discount',
  },
} satisfies Record<Language, Record<string, string>>;

async function newQuote(page: Page, language: Language, phone: boolean) {
  const words = WORDS[language];
  if (phone) await page.getByRole('button', { name: words.menu }).click();
  await page.getByRole('link', { name: words.quotes }).click();
  await expect(page.getByRole('heading', { name: words.quotes })).toBeVisible();
  await page.getByRole('button', { name: words.new, exact: true }).click();
  const customer = page.getByRole('combobox', { name: words.customer });
  await customer.fill('alfreds');
  await page.getByRole('option', { name: CUSTOMER }).click();
  await expect(customer).toHaveValue(CUSTOMER);
}

async function fillGrid(page: Page) {
  const grid = page.getByRole('grid');
  const cell = (row: number, name: string) => grid.locator(`[data-row="${row}"] [data-name="${name}"]`);
  await cell(0, 'product').click();
  for (const [row, line] of LINES.entries()) {
    await page.keyboard.type(line.product);
    await expect(page.getByRole('option', { name: line.product }).first()).toBeVisible();
    await page.keyboard.press('Tab');
    await expect(cell(row, 'product')).toContainText(line.product);
    for (const name of ['qty', 'price', 'discount'] as const) {
      await cell(row, name).click();
      if (line[name]) await page.keyboard.type(line[name]);
      await page.keyboard.press('Tab');
    }
    await expect(cell(row, 'amount')).toHaveText(line.amount);
    if (row + 1 === LINES.length) break;
    await cell(row, 'product').click();
    await page.keyboard.press('ArrowDown');
    await expect(cell(row + 1, 'product')).toBeVisible();
  }
  await expect(grid.locator('[data-total="amount"]')).toHaveText(TOTAL);
}

async function fillCards(page: Page, language: Language) {
  const words = WORDS[language];
  for (const [row, line] of LINES.entries()) {
    if (row === 0) await page.locator('ol > li > button').first().click();
    else await page.getByRole('button', { name: words.add }).click();
    const editor = page.getByRole('dialog');
    await editor.getByRole('combobox', { name: words.product }).fill(line.product);
    await page.getByRole('option', { name: line.product }).first().click();
    await editor.getByRole('textbox', { name: words.qty }).fill(line.qty);
    await editor.getByRole('textbox', { name: words.price }).fill(line.price);
    if (line.discount) await editor.getByRole('textbox', { name: words.discount }).fill(line.discount);
    await expect(editor.getByText(line.amount)).toBeVisible();
    await editor.getByRole('button', { name: words.done }).click();
  }
  await expect(page.locator('[data-total="amount"]')).toHaveText(TOTAL);
}

for (const language of LANGUAGES) {
  for (const width of [1440, 390]) {
    test(`a quote with three lines, ${language}, ${width} px`, async ({ as }) => {
      const phone = width < 700;
      const page = await as('sales', language, width);
      await newQuote(page, language, phone);
      await (phone ? fillCards(page, language) : fillGrid(page));
      await page.getByRole('button', { name: WORDS[language].save, exact: true }).click();
      await expect(page.getByRole('status').filter({ hasText: WORDS[language].saved })).toBeVisible();
      await expect(page).toHaveURL(/\/records\/trade\/quote\/[0-9a-f-]{36}$/);
      await expect(page.locator('[data-field="total"]')).toContainText(TOTAL);
      const id = page.url().split('/').at(-1);
      const stored = await ask<{ total: string; lines: { amount: string }[] }>(
        page,
        `/api/records/trade.quote/${id}`,
      );
      expect(stored.total).toBe(TOTAL);
      expect(stored.lines.map(({ amount }) => amount)).toEqual(LINES.map(({ amount }) => amount));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide, 'nothing sticks out of the screen').toBeLessThanOrEqual(0);
    });
  }
}

test('what is missing is shown at its place and gets the focus', async ({ as }) => {
  const page = await as('sales', 'en');
  await page.goto('/records/trade/quote/new');
  await page.getByRole('grid').locator('[data-row="0"] [data-name="qty"]').click();
  await page.keyboard.type('2');
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('combobox', { name: 'Customer' })).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByRole('grid').locator('[data-row="0"] [data-name="product"]')).toHaveAttribute(
    'aria-invalid',
    'true',
  );
});

test('an input method writes into a cell', async ({ as }) => {
  const page = await as('sales');
  await page.goto('/records/trade/quote/new');
  const cell = page.getByRole('grid').locator('[data-row="0"] [data-name="description"]');
  await cell.click();
  const devtools = await page.context().newCDPSession(page);
  for (const text of ['n', 'ni hao']) {
    await devtools.send('Input.imeSetComposition', {
      text,
      selectionStart: text.length,
      selectionEnd: text.length,
    });
  }
  await devtools.send('Input.insertText', { text: '你好' });
  await page.keyboard.press('Enter');
  await expect(cell).toHaveText('你好');
});
