// The draft of the definitions as an administrator changes and publishes it.
import type { Page } from '@playwright/test';
import { ask, expect } from './test';

/** Replaces the text of a document in the editor, and waits until the draft is saved. */
export async function edit<T>(admin: Page, key: string, change: (document: T) => void) {
  await admin.goto(`/definitions?doc=${key}`);
  const editor = admin.locator('.cm-content');
  await expect(editor).toBeVisible();
  const document = await ask<T>(admin, `/api/draft/${key}`);
  change(document);
  await editor.click();
  await admin.keyboard.press('Control+a');
  const stored = admin.waitForResponse(
    (answer) => answer.request().method() === 'PUT' && answer.url().endsWith(key),
  );
  await admin.keyboard.insertText(JSON.stringify(document, null, 2));
  expect((await stored).status()).toBe(200);
  await expect(admin.getByText('Draft saved')).toBeVisible();
}

export async function publish(admin: Page, message: string) {
  await admin.getByRole('button', { name: 'Publish' }).click();
  const dialog = admin.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Message' }).fill(message);
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await expect(admin.getByRole('status').filter({ hasText: /Revision \d+ is live/ })).toBeVisible();
}
