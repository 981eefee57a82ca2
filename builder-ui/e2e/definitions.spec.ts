// The administrator adds a field to customer; what is wrong is refused with its place; published, sales has it at once;
// renamed, its values stay; retired, it is gone; the old revision restored, its values are back.
import { edit, publish } from './draft';
import { ask, expect, test } from './test';

interface Field {
  name: string;
  title: Record<string, string>;
  type: string;
  default?: string;
  retired?: boolean;
}
interface EntityDoc {
  fields: Field[];
}
interface Node {
  type: string;
  field?: string;
  children?: Node[];
}
interface FormDoc {
  layout: Node[];
}

const ENTITY = 'trade/entity/customer';
const FORM = 'trade/form/customer';
const VALUE = 'Preferred by the harbour office';

const field = (document: EntityDoc, name: string) => document.fields.find((one) => one.name === name);

/** The node of a field anywhere in a layout, with the list that holds it. */
function holderOf(nodes: Node[], name: string): Node[] | undefined {
  if (nodes.some((node) => node.field === name)) return nodes;
  for (const node of nodes) {
    const found = holderOf(node.children ?? [], name);
    if (found) return found;
  }
  return undefined;
}

test('a field comes, changes its name, goes and comes back', async ({ as }) => {
  test.setTimeout(240_000);
  const admin = await as('admin', 'en');
  const sales = await as('sales', 'en');
  const { items } = await ask<{ items: { id: string }[] }>(sales, '/api/records/trade.customer?limit=1');
  const customer = `/records/trade/customer/${items[0]?.id}`;

  await test.step('a planted mistake is refused with its place', async () => {
    await edit<EntityDoc>(admin, ENTITY, (document) => {
      document.fields.push({
        name: 'nickname',
        title: { 'zh-CN': '昵称', en: 'Nickname' },
        type: 'text',
        default: 'nosuch.thing',
      });
    });
    await admin.getByRole('button', { name: 'Check' }).click();
    const finding = admin
      .getByRole('list', { name: 'Findings' })
      .getByRole('button')
      .filter({ hasText: '/default' });
    await expect(finding).toBeVisible();
    const line = /line (\d+)/.exec((await finding.textContent()) ?? '')?.[1];
    await finding.click();
    await expect(admin.locator('.cm-activeLineGutter').first()).toHaveText(String(line));
    await expect(admin.locator('.cm-activeLine')).toContainText('nosuch');
    await admin.getByRole('button', { name: 'Publish' }).click();
    await admin.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
    await expect(admin.getByRole('alert').filter({ hasText: /Not published/ })).toBeVisible();
  });

  await test.step('mended and published, sales has it at once', async () => {
    await edit<EntityDoc>(admin, ENTITY, (document) => {
      delete field(document, 'nickname')?.default;
    });
    await edit<FormDoc>(admin, FORM, (document) => {
      holderOf(document.layout, 'name')?.push({ type: 'field', field: 'nickname' });
    });
    await publish(admin, 'Nickname of customers');
    await sales.goto(customer);
    await sales.getByRole('textbox', { name: 'Nickname' }).fill(VALUE);
    await sales.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(sales.getByRole('status').filter({ hasText: 'Saved' })).toBeVisible();
  });
  const { revision: withValue } = await ask<{ revision: number }>(admin, '/api/draft');

  await test.step('renamed, the value stays', async () => {
    await edit<EntityDoc>(admin, ENTITY, (document) => {
      const nickname = field(document, 'nickname');
      if (nickname)
        Object.assign(nickname, { name: 'house_name', title: { 'zh-CN': '内部称呼', en: 'House name' } });
    });
    await edit<FormDoc>(admin, FORM, (document) => {
      const node = holderOf(document.layout, 'nickname')?.find((one) => one.field === 'nickname');
      if (node) node.field = 'house_name';
    });
    await publish(admin, 'Another name');
    await sales.goto(customer);
    await expect(sales.getByRole('textbox', { name: 'House name' })).toHaveValue(VALUE);
    await expect(sales.getByRole('textbox', { name: 'Nickname' })).toHaveCount(0);
  });

  await test.step('retired, it is gone', async () => {
    await edit<EntityDoc>(admin, ENTITY, (document) => {
      const house = field(document, 'house_name');
      if (house) house.retired = true;
    });
    await edit<FormDoc>(admin, FORM, (document) => {
      const holder = holderOf(document.layout, 'house_name');
      holder?.splice(
        holder.findIndex((one) => one.field === 'house_name'),
        1,
      );
    });
    await publish(admin, 'Retired');
    await sales.goto(customer);
    await expect(sales.locator('[data-field="name"]')).toBeVisible();
    await expect(sales.getByRole('textbox', { name: 'House name' })).toHaveCount(0);
  });

  await test.step('the old revision restored, the value is back', async () => {
    await admin.goto('/definitions?panel=revisions');
    await admin.getByRole('button', { name: `Show changes of revision ${withValue}`, exact: true }).click();
    await expect(admin.getByText('"nickname"').first()).toBeVisible();
    await admin.getByRole('button', { name: `Restore revision ${withValue}`, exact: true }).click();
    await admin.getByRole('alertdialog').getByRole('button', { name: 'Restore' }).click();
    await expect(admin.getByRole('status').filter({ hasText: /Revision \d+ is live/ })).toBeVisible();
    await sales.goto(customer);
    await expect(sales.getByRole('textbox', { name: 'Nickname' })).toHaveValue(VALUE);
  });
});
