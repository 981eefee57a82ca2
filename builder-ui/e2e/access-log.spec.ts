// The access log: what administrators see of who came and whose rights changed, on every width, and nobody else.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, LANGUAGES, test } from './test';

for (const language of LANGUAGES) {
  for (const width of [1440, 1024, 390]) {
    test(`the access log, ${language}, ${width} px`, async ({ as }) => {
      const english = language === 'en';
      const page = await as('admin', language, width);
      await page.goto('/access-log');
      const log = page.getByLabel(english ? 'Access log' : '访问日志').last();
      await expect(log.getByText(english ? 'Signed in' : '登录', { exact: true }).first()).toBeVisible();
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBe(0);
      const { violations } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
        .analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
      await page.screenshot({ path: `test-results/access-log-${language}-${width}.png` });
      await log.getByRole('button', { name: 'Chen Ming' }).first().click();
      await expect(page).toHaveURL(/person=/);
      await page.getByRole('button', { name: english ? 'Show everybody again' : '取消按人员筛选' }).click();
      await expect(page).not.toHaveURL(/person=/);
      await page.goto('/access-log?kind=rights');
      await expect(log.getByText(english ? 'Sales' : '业务员').first()).toBeVisible();
      await expect(log.getByText(english ? 'Signed in' : '登录', { exact: true })).toHaveCount(0);
      await page.screenshot({ path: `test-results/access-log-rights-${language}-${width}.png` });
    });
  }
}

test('nobody else has an access log', async ({ as }) => {
  const page = await as('sales', 'en');
  await page.goto('/access-log');
  await expect(page.getByText('This page was not found')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Access log' })).toHaveCount(0);
});
