import { expect, test } from 'vitest';
import { readDate, readTime } from './date-text';

test('reads the ways people write a day', () => {
  const cases: [string, string | null][] = [
    ['2026-11-23', '2026-11-23'],
    ['2026/1/3', '2026-01-03'],
    ['20261123', '2026-11-23'],
    ['11/23', '2026-11-23'],
    ['2026年1月3日', '2026-01-03'],
    ['3 Jan 2026', '2026-01-03'],
    ['今天', '2026-11-25'],
    ['+7', '2026-12-02'],
    ['-25', '2026-10-31'],
    ['２０２６－１１－２３', '2026-11-23'],
    ['2026-02-30', null],
    ['2026-13-01', null],
    ['hello', null],
    ['', null],
  ];
  for (const [typed, wanted] of cases)
    expect([typed, readDate(typed, '2026-11-25')]).toEqual([typed, wanted]);
});

test('reads a time of day', () => {
  expect(readTime('9:05')).toBe('09:05:00');
  expect(readTime('0905')).toBe('09:05:00');
  expect(readTime('24:00')).toBeNull();
});
