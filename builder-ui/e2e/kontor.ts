// Starts a demo of its own for each test worker: temporary data directory, free port, own database.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const BIN = resolve(
  process.env.KONTOR_BINARY ??
    process.env.KONTOR_BIN ??
    join(import.meta.dirname, '../../target/debug/kontor'),
);
const START_WITHIN = 60_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** A database of its own on the test server; its URL and how to drop it. */
function createDatabase(server: string, name: string) {
  const psql = (sql: string) => execFileSync('psql', [server, '-qc', sql], { stdio: 'pipe' });
  psql(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => psql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** A new database on the server for tests; without such a server the one that was named. */
function postgresDatabase(server: string | undefined, given: string | undefined, port: number) {
  if (server) return createDatabase(server, `kontor_e2e_${process.pid}_${port}`);
  if (given) return { url: given, drop: () => {} };
  throw new Error('no PostgreSQL for tests: set KONTOR_TEST_POSTGRES');
}

export interface Kontor {
  url: string;
  stop: () => Promise<void>;
}

export async function startKontor(database: string): Promise<Kontor> {
  const data = mkdtempSync(join(tmpdir(), 'kontor-e2e-'));
  const port = await freePort();
  const { KONTOR_DATABASE: given, KONTOR_TEST_POSTGRES: server, ...env } = process.env;
  const postgres = database === 'postgres' ? postgresDatabase(server, given, port) : undefined;
  const options = ['serve', '--demo', '--data', data, '--listen', `127.0.0.1:${port}`];
  const child = spawn(BIN, postgres ? [...options, '--database', postgres.url] : options, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const url = `http://127.0.0.1:${port}`;
  await ready(url, child, () => output);
  const stop = async () => {
    const gone = new Promise((done) => child.once('exit', done));
    if (child.exitCode === null && child.kill()) await gone;
    postgres?.drop();
    rmSync(data, { recursive: true, force: true });
  };
  return { url, stop };
}

async function ready(url: string, child: ChildProcess, output: () => string) {
  const end = Date.now() + START_WITHIN;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`kontor ended with ${child.exitCode}:\n${output()}`);
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await pause(100);
  }
  child.kill();
  throw new Error(`kontor was not ready in time:\n${output()}`);
}
