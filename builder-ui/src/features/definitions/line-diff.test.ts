import { expect, test } from 'vitest';
import { diffLines, hunks } from './line-diff';

const kinds = (before: string, after: string) =>
  diffLines(before, after).map(({ kind, text }) => `${{ same: ' ', added: '+', removed: '-' }[kind]}${text}`);

test('finds what changed', () => {
  expect(kinds('a\nb\nc\n', 'a\nx\nc\nd\n')).toEqual([' a', '-b', '+x', ' c', '+d']);
  expect(kinds('', 'a\n')).toEqual(['+a']);
  expect(kinds('a\n', '')).toEqual(['-a']);
  expect(kinds('a\n', 'a\n')).toEqual([' a']);
});

test('both texts can be read out of the difference', () => {
  const [before, after] = ['1\n2\n3\n4\n5\n', '2\n3\n9\n5\n6\n'];
  const lines = diffLines(before, after);
  const pick = (without: string) =>
    lines.filter(({ kind }) => kind !== without).map(({ text }) => `${text}\n`);
  expect(pick('added').join('')).toBe(before);
  expect(pick('removed').join('')).toBe(after);
});

test('hunks keep a few lines around', () => {
  const before = Array.from({ length: 30 }, (_, n) => `line ${n}`).join('\n');
  const found = hunks(
    diffLines(before, before.replace('line 3\n', 'line x\n').replace('line 25', 'line y')),
    1,
  );
  expect(found.map((hunk) => hunk.length)).toEqual([4, 4]);
});
