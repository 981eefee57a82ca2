// Files of a record: chosen, sent, shown small, kept in lines, refused when they are something else.
import type { Page } from '@playwright/test';
import { publishSamples } from './sample';
import { expect, LANGUAGES, type Language, test } from './test';

/** 8 by 8 red pixels. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGM4oaGBFTEMLQkAgl1GAWqNFmsAAAAASUVORK5CYII=',
  'base64',
);
const PDF = Buffer.from('%PDF-1.7\nsome pages');

const WORDS = {
  'zh-CN': { save: '保存', saved: '已保存', add: '添加一行', done: '完成', photo: '照片', papers: '资料' },
  en: { save: 'Save', saved: 'Saved', add: 'Add row', done: 'Done', photo: 'Photo', papers: 'Papers' },
} satisfies Record<Language, Record<string, string>>;

const png = (name: string) => ({ name, mimeType: 'image/png', buffer: PNG });
const pdf = (name: string) => ({ name, mimeType: 'application/pdf', buffer: PDF });

async function choose(
  page: Page,
  field: string,
  files: { name: string; mimeType: string; buffer: Buffer }[],
) {
  await page.locator(`[data-field="${field}"] input[type=file]`).setInputFiles(files);
}

/** Its pixels have arrived. */
async function expectDrawn(page: Page, place: string) {
  const picture = page.locator(`${place} img`).first();
  await expect(picture).toHaveAttribute('src', /\/thumbnail\?size=\d+$/);
  await expect
    .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
    .toBeGreaterThan(0);
}

async function addDrawing(page: Page, language: Language, phone: boolean) {
  const words = WORDS[language];
  const dialog = page.getByRole('dialog');
  if (phone) {
    await page.locator('[data-field="parts"] ol > li > button').first().click();
    await dialog.getByRole('textbox').first().fill('Lid');
  } else {
    const grid = page.getByRole('grid');
    await grid.locator('[data-row="0"] [data-name="name"]').click();
    await page.keyboard.type('Lid');
    await page.keyboard.press('Tab');
    // Nothing is typed into a cell of files: it is opened.
    await page.keyboard.type('x');
    await expect(dialog).toHaveCount(0);
    await page.keyboard.press('Enter');
  }
  await dialog.locator('input[type=file]').setInputFiles([pdf('lid.pdf')]);
  await expect(dialog.getByRole('link', { name: 'lid.pdf' })).toBeVisible();
  await dialog.getByRole('button', { name: words.done }).click();
  await expect(page.locator('[data-field="parts"]').getByText('lid.pdf')).toBeVisible();
}

for (const language of LANGUAGES) {
  for (const width of [1440, 390]) {
    test(`files in a form, its lines and a list, ${language}, ${width} px`, async ({ as }) => {
      const words = WORDS[language];
      const phone = width < 700;
      await publishSamples(await as('admin', language));
      const page = await as('sales', language, width);
      await page.goto('/records/trade/sample/new');
      const name = `Box ${language} ${width}`;
      await page.locator('[data-field="name"] input').fill(name);
      await choose(page, 'photo', [png('box.png')]);
      await expectDrawn(page, '[data-field="photo"]');
      await choose(page, 'papers', [pdf('one.pdf'), png('two.png')]);
      await expect(page.getByRole('link', { name: 'two.png' })).toBeVisible();
      await addDrawing(page, language, phone);
      await page.getByRole('button', { name: words.save, exact: true }).click();
      await expect(page.getByRole('status').filter({ hasText: words.saved })).toBeVisible();

      await page.reload();
      await expectDrawn(page, '[data-field="photo"]');
      await expect(page.getByRole('link', { name: 'one.pdf' })).toBeVisible();
      await expect(page.locator('[data-field="parts"]').getByText('lid.pdf')).toBeVisible();
      // What the server computes while somebody types leaves the files where they are.
      const computed = page.waitForResponse((answer) => answer.url().endsWith('/evaluate'));
      await page.locator('[data-field="name"] input').fill(`${name}!`);
      await (await computed).finished();
      await expectDrawn(page, '[data-field="photo"]');
      await expect(page.locator('[data-field="parts"]').getByText('lid.pdf')).toBeVisible();
      await page.getByRole('button', { name: words.save, exact: true }).click();
      await expect(page.getByRole('status').filter({ hasText: words.saved }).first()).toBeVisible();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide, 'nothing sticks out of the screen').toBeLessThanOrEqual(0);

      await page.goto('/records/trade/sample');
      const row = page.locator(phone ? 'article' : '[role=row]').filter({ hasText: name });
      const picture = row.getByRole('img', { name: 'box.png' });
      await expect(picture).toHaveAttribute('src', /thumbnail\?size=96$/);
    });
  }
}

test('a file that is something else is refused beside its field', async ({ as }) => {
  await publishSamples(await as('admin', 'en'));
  const page = await as('sales', 'en');
  await page.goto('/records/trade/sample/new');
  await choose(page, 'photo', [{ name: 'box.png', mimeType: 'image/png', buffer: PDF }]);
  await expect(page.locator('[data-field="photo"]').getByRole('alert')).toContainText('application/pdf');
  await choose(page, 'photo', [png('box.png')]);
  await expectDrawn(page, '[data-field="photo"]');
  await expect(page.locator('[data-field="photo"]').getByRole('alert')).toHaveCount(0);
  await page.getByRole('button', { name: 'Remove box.png' }).click();
  await expect(page.locator('[data-field="photo"] img')).toHaveCount(0);
});
