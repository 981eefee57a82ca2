// No screen has a known barrier, in either language (WCAG 2.0 to 2.2, A and AA).
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, LANGUAGES, speak, test } from './test';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

async function expectNoBarriers(page: Page) {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id} ×${nodes.length}: ${nodes[0]?.html.slice(0, 200)}`),
  ).toEqual([]);
}

for (const language of LANGUAGES) {
  test(`sign-in, ${language}`, async ({ page }) => {
    await speak(page, language);
    await page.goto('/login');
    await expect(page.getByRole('heading')).toBeVisible();
    await expectNoBarriers(page);
  });

  for (const width of [1440, 390]) {
    test(`lists and forms, ${language}, ${width} px`, async ({ as }) => {
      const page = await as('sales', language, width);
      await page.goto('/records/trade/customer');
      await expect(page.getByText('Alfreds Futterkiste').first()).toBeVisible();
      await expectNoBarriers(page);
      await page.getByRole('button', { name: language === 'en' ? 'Filter' : '筛选' }).click();
      await page.getByRole('button', { name: language === 'en' ? 'Add condition' : '添加条件' }).click();
      await expectNoBarriers(page);
      await page
        .locator('article, [role=row]')
        .filter({ hasText: 'Alfreds Futterkiste' })
        .getByRole('link')
        .first()
        .click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Alfreds Futterkiste');
      await expectNoBarriers(page);
      await page.goto('/records/trade/quote/new');
      await expect(page.locator('[data-field="lines"]')).toBeVisible();
      await expectNoBarriers(page);
    });

    test(`definitions, ${language}, ${width} px`, async ({ as }) => {
      const page = await as('admin', language, width);
      await page.goto('/definitions?doc=trade/entity/customer&panel=revisions');
      await expect(page.locator('.cm-content')).toBeVisible();
      await expect(page.getByRole('complementary').getByRole('listitem').first()).toBeVisible();
      await expectNoBarriers(page);
    });
  }
}
