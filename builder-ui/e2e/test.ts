// The base of every browser test: a running demo, and a page that is signed in.
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test';
import { type Kontor, startKontor } from './kontor';

export type Language = 'zh-CN' | 'en';
export const LANGUAGES: Language[] = ['zh-CN', 'en'];
const PASSWORD = 'kontor-demo';

interface Fixtures {
  /** Opens a page as a person of the demo. */
  as: (person: string, language?: Language, width?: number) => Promise<Page>;
}

export const test = base.extend<Fixtures, { kontor: Kontor }>({
  kontor: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright asks for a pattern here
    async ({}, use, info) => {
      const kontor = await startKontor(String(info.project.metadata.database));
      await use(kontor);
      await kontor.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  baseURL: async ({ kontor }, use) => use(kontor.url),
  as: async ({ browser, kontor, contextOptions, locale }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (person, language = 'zh-CN', width = 1440) => {
      const context = await browser.newContext({
        ...contextOptions,
        baseURL: kontor.url,
        locale,
        viewport: { width, height: width < 500 ? 844 : 900 },
        hasTouch: width < 500,
      });
      contexts.push(context);
      const page = await context.newPage();
      await speak(page, language);
      await signIn(page, person, language);
      return page;
    });
    for (const context of contexts) await context.close();
  },
});

export { expect };

/** Chooses the language as the switch would. */
export async function speak(page: Page, language: Language) {
  await page.addInitScript((chosen) => localStorage.setItem('kontor.locale', chosen), language);
}

export async function signIn(page: Page, person: string, language: Language) {
  const zh = language === 'zh-CN';
  await page.goto('/login');
  await page.getByLabel(zh ? '邮箱' : 'E-mail').fill(`${person}@demo.kontor`);
  await page.getByLabel(zh ? '密码' : 'Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: zh ? '登录' : 'Sign in' }).click();
  await expect(page.getByRole('button', { name: zh ? /^账号/ : /^Account/ })).toBeVisible();
}

/** What the API says to the person of a page. */
export async function ask<T>(page: Page, path: string): Promise<T> {
  const answer = await page.request.get(path);
  expect(answer.status(), path).toBe(200);
  return (await answer.json()) as T;
}
