// @vitest-environment node
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { evaluate, NoValue } from './evaluate';
import type { Tree } from './tree';

const root = new URL('../../../../tests/', import.meta.url);
const read = (file: string) => JSON.parse(readFileSync(new URL(file, root), 'utf8'));

interface Case {
  expression: string;
  record?: Record<string, unknown>;
  value?: unknown;
  error?: string;
}

const env = read('cases/expressions/env.json');
const parameters = Object.fromEntries(
  Object.entries<{ value: unknown }>(env.parameters).map(([name, { value }]) => [name, value]),
);
const trees: Record<string, Tree> = read('golden/expressions/trees.json');

for (const file of ['null', 'numbers', 'text', 'dates', 'lines']) {
  const cases: Case[] = read(`cases/expressions/${file}.json`).cases;
  // What only the server can tell (references, the person, the clock) has no tree.
  const mine = cases.filter(({ expression }) => expression in trees);
  test(`${file}: ${mine.length} vectors`, () => {
    expect(mine.length).toBeGreaterThan(50);
    const actual = mine.map(({ expression, record }) => {
      const tree = trees[expression];
      if (!tree) return expression;
      try {
        return { expression, record, value: evaluate(tree, record ?? {}, { today: env.today, parameters }) };
      } catch (error) {
        if (!(error instanceof NoValue)) throw error;
        return { expression, record, error: error.code };
      }
    });
    const expected = mine.map(({ expression, record, value, error }) =>
      error === undefined ? { expression, record, value } : { expression, record, error },
    );
    expect(actual).toEqual(expected);
  });
}
