import { expect, test } from 'vitest';
import type { FieldDoc } from './documents';
import { type Condition, joinFilters, operatorsFor, printFilter, quote, readFilter } from './filter';

const FIELDS: Record<string, FieldDoc> = {
  name: { name: 'name', title: {}, type: 'text' },
  total: { name: 'total', title: {}, type: 'money' },
  order_date: { name: 'order_date', title: {}, type: 'date' },
  active: { name: 'active', title: {}, type: 'boolean' },
  members: { name: 'members', title: {}, type: 'links' },
  'customer.country': { name: 'country', title: {}, type: 'country' },
};

test('what the builder prints it reads back', () => {
  const conditions: Condition[] = [
    { path: 'name', operator: 'contains', value: 'ac "me" \\ && x' },
    { path: 'total', operator: 'greaterOrEqual', value: '-12.50' },
    { path: 'order_date', operator: 'lessOrEqual', value: '2026-01-31' },
    { path: 'active', operator: 'is', value: 'true' },
    { path: 'customer.country', operator: 'isNot', value: 'DE' },
    { path: 'name', operator: 'notEmpty', value: '' },
    { path: 'name', operator: 'startsWith', value: '上海' },
    { path: 'members', operator: 'has', value: 'a-1' },
    { path: 'members', operator: 'hasNot', value: 'b' },
    { path: 'members', operator: 'empty', value: '' },
    { path: 'members', operator: 'notEmpty', value: '' },
  ];
  const text = printFilter(conditions, (path) => FIELDS[path]);
  expect(text).toContain('total >= -12.50 && order_date <= "2026-01-31" && active == true');
  expect(readFilter(text)).toEqual(conditions);
});

test('conditions without a value and unknown fields are left out', () => {
  const conditions: Condition[] = [
    { path: 'name', operator: 'contains', value: '' },
    { path: 'gone', operator: 'is', value: 'x' },
  ];
  expect(printFilter(conditions, (path) => FIELDS[path])).toBe('');
  expect(readFilter('')).toEqual([]);
});

test('a filter written by hand is not torn apart', () => {
  expect(readFilter('total > 5 || total < 1')).toBeNull();
  expect(readFilter('lines.count() > 0')).toBeNull();
});

test('joins and quotes', () => {
  expect(joinFilters(undefined, 'a == 1', '', 'b == 2')).toBe('(a == 1) && (b == 2)');
  expect(joinFilters('a == 1')).toBe('a == 1');
  expect(quote('a"\\\n')).toBe('"a\\"\\\\\\n"');
});

test('sensitive fields are only compared for equality', () => {
  const field: FieldDoc = { name: 'salary', title: {}, type: 'money', sensitive: true };
  expect(operatorsFor(field)).toEqual(['is', 'isNot', 'empty', 'notEmpty']);
});
