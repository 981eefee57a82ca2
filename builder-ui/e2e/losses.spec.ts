// What a change of type cannot keep must be accepted before it is published; what is no longer used can be purged.
import type { Page } from '@playwright/test';
import { edit } from './draft';
import { ask, expect, speak, test } from './test';

interface EntityDoc {
  fields: { name: string; type: string; max_length?: number; searchable?: boolean }[];
}

const ENTITY = 'trade/entity/customer';
const dialogOf = (page: Page) => page.getByRole('dialog');

/** No part of the dialog lies beside the screen. */
async function expectToFit(page: Page) {
  const box = await dialogOf(page).boundingBox();
  const width = page.viewportSize()?.width ?? 0;
  expect(box && box.x >= 0 && box.x + box.width <= width).toBeTruthy();
  const wide = await dialogOf(page).evaluate((node) => node.scrollWidth > node.clientWidth + 1);
  expect(wide).toBe(false);
}

test('losses are accepted by name, and what is unused is purged', async ({ as }, info) => {
  test.setTimeout(240_000);
  const admin = await as('admin', 'en');
  const shot = (name: string) =>
    admin.screenshot({ path: info.outputPath(`${name}.png`), animations: 'disabled' });
  const { count } = await ask<{ count: number }>(admin, '/api/records/trade.customer?limit=1&count=true');

  await test.step('a new type that cannot keep the values is refused, until the loss is accepted', async () => {
    await edit<EntityDoc>(admin, ENTITY, (document) => {
      const city = document.fields.find((one) => one.name === 'city');
      if (!city) throw new Error('the template has no city');
      city.type = 'integer';
      delete city.max_length;
      delete city.searchable;
    });
    await admin.getByRole('button', { name: 'Publish', exact: true }).click();
    await expect(dialogOf(admin).getByText(/cannot keep the values/)).toBeVisible();
    await expectToFit(admin);
    await dialogOf(admin).getByRole('button', { name: 'Publish', exact: true }).click();
    await expect(admin.getByRole('alert').filter({ hasText: /Not published/ })).toBeVisible();
    await admin.getByRole('button', { name: 'Publish', exact: true }).click();
    await dialogOf(admin).getByText('Publish although these values cannot be kept in full').click();
    await shot('publish-1440');
    await dialogOf(admin).getByRole('button', { name: 'Publish', exact: true }).click();
    await expect(admin.getByRole('status').filter({ hasText: /Revision \d+ is live/ })).toBeVisible();
  });

  await test.step('restoring says what it does', async () => {
    await admin.goto('/definitions?panel=revisions');
    await admin
      .getByRole('button', { name: /Restore revision/ })
      .first()
      .click();
    const asked = admin.getByRole('alertdialog');
    await expect(asked.getByText(/convert city/)).toBeVisible();
    await asked.getByRole('button', { name: 'Cancel' }).click();
  });

  await test.step('the values of the former type are listed at every width, in both languages', async () => {
    for (const [language, width] of [
      ['en', 1440],
      ['zh-CN', 1024],
      ['zh-CN', 390],
    ] as const) {
      const zh = language === 'zh-CN';
      await speak(admin, language);
      await admin.setViewportSize({ width, height: 900 });
      await admin.goto('/definitions?panel=revisions');
      await admin
        .getByRole('button', { name: zh ? '清除不再使用的内容…' : 'Purge what is no longer used…' })
        .click();
      const row = dialogOf(admin).getByRole('listitem').filter({ hasText: 'trade.customer.city' });
      await expect(row).toContainText(zh ? '改变类型前的值' : 'values before a change of type');
      await row.getByText('trade.customer.city').click();
      await expect(
        dialogOf(admin).getByText(zh ? /将丢失 \d+ 个值/ : /\d+ values will be lost/),
      ).toBeVisible();
      await expectToFit(admin);
      await shot(`unused-${language}-${width}`);
    }
  });

  await test.step('purged after the loss was accepted, and gone', async () => {
    await speak(admin, 'en');
    await admin.setViewportSize({ width: 1440, height: 900 });
    await admin.goto('/definitions?panel=revisions');
    await admin.getByRole('button', { name: 'Purge what is no longer used…' }).click();
    const purge = dialogOf(admin).getByRole('button', { name: 'Purge for good' });
    await expect(purge).toBeDisabled();
    await dialogOf(admin).getByText('trade.customer.city').click();
    await expect(purge).toBeDisabled();
    await dialogOf(admin).getByText('I no longer need these values').click();
    await purge.click();
    await expect(admin.getByRole('status').filter({ hasText: 'Purged: 1' })).toBeVisible();
    expect((await ask<{ items: unknown[] }>(admin, '/api/unused')).items).toEqual([]);
    const after = await ask<{ count: number }>(admin, '/api/records/trade.customer?limit=1&count=true');
    expect(after.count).toBe(count);
  });
});
