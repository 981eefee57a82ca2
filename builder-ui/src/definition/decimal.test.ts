import { expect, test } from 'vitest';
import { compareDecimals, readDecimal, shiftDecimal, sumDecimals } from './decimal';

test('sums are exact and keep the larger scale', () => {
  expect(sumDecimals(['0.10', '0.2', null, undefined, '-1'])).toBe('-0.70');
  expect(sumDecimals(['999999999999999999.99', '0.01'])).toBe('1000000000000000000.00');
  expect(sumDecimals([])).toBe('0');
});

test('reads what people type', () => {
  const cases: [string, string | null][] = [
    ['1,234.5', '1234.5'],
    ['１２３４．５', '1234.5'],
    ['¥ 1 234.50', '1234.50'],
    ['USD 9.9', '9.9'],
    ['(5.00)', '-5.00'],
    ['12%', '12'],
    ['.5', '0.5'],
    ['-0', '0'],
    ['', null],
    ['abc', null],
    ['1.2.3', null],
  ];
  for (const [typed, wanted] of cases) expect([typed, readDecimal(typed)]).toEqual([typed, wanted]);
});

test('compares across scales', () => {
  expect(compareDecimals('1.10', '1.1')).toBe(0);
  expect(compareDecimals('-1', '0.001')).toBe(-1);
  expect(compareDecimals('x', '1')).toBeNull();
});

test('shifts the point both ways', () => {
  expect(shiftDecimal('0.125', 2)).toBe('12.5');
  expect(shiftDecimal('12.5', -2)).toBe('0.125');
  expect(shiftDecimal('5', -2)).toBe('0.05');
  expect(shiftDecimal('100', -2)).toBe('1');
});
