// Browser tests against a real `kontor serve --demo`; one project per database.
import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const chromium =
  process.env.KONTOR_CHROMIUM ?? (existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined);
/** A run that names its database tests that one; otherwise both, PostgreSQL where a server for tests is given. */
const onlyPostgres = Boolean(process.env.KONTOR_DATABASE);
const postgres = onlyPostgres || Boolean(process.env.KONTOR_TEST_POSTGRES);

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  workers: 1,
  reporter: 'list',
  timeout: 90_000,
  expect: { timeout: 15_000 },
  use: {
    viewport: { width: 1440, height: 900 },
    locale: 'zh-CN',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(chromium ? { executablePath: chromium } : {}),
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    },
  },
  projects: [
    ...(onlyPostgres ? [] : [{ name: 'sqlite', metadata: { database: 'sqlite' } }]),
    ...(postgres ? [{ name: 'postgres', metadata: { database: 'postgres' } }] : []),
  ],
});
