import { expect, test } from 'vitest';
import type { FieldDoc, FieldKind } from '../definition/documents';
import { editText, readCell } from './cell-text';

const field = (type: FieldKind, more: Partial<FieldDoc> = {}): FieldDoc => ({
  name: 'x',
  title: {},
  type,
  ...more,
});
const UNIT = field('choice', { options: [{ name: 'pcs', title: { 'zh-CN': '个', en: 'pcs' } }] });

test('typed and pasted texts become values of the field', () => {
  const cases: [FieldDoc, string, unknown][] = [
    [field('money'), '1,234.50', { value: '1234.50' }],
    [field('percent'), '5%', { value: '0.05' }],
    [field('percent'), '12.5', { value: '0.125' }],
    [field('integer'), '1,000', { value: 1000 }],
    [field('integer'), '1.5', undefined],
    [field('boolean'), '是', { value: true }],
    [field('date'), '20260131', { value: '2026-01-31' }],
    [UNIT, '个', { value: 'pcs' }],
    [UNIT, 'PCS', { value: 'pcs' }],
    [UNIT, 'kg', undefined],
    [field('currency'), 'usd', { value: 'USD' }],
    [field('quantity'), 'viele', undefined],
    [field('text'), ' as typed ', { value: ' as typed ' }],
    [field('text'), '  ', { value: null }],
  ];
  for (const [doc, text, wanted] of cases)
    expect([doc.type, text, readCell(doc, text)]).toEqual([doc.type, text, wanted]);
});

test('an editor begins with what a person would type', () => {
  expect(editText(field('percent'), '0.050', 'en')).toBe('5');
  expect(editText(field('decimal'), '18.500000', 'en')).toBe('18.5');
  expect(editText(field('decimal'), '100', 'en')).toBe('100');
  expect(editText(UNIT, 'pcs', 'zh-CN')).toBe('个');
  expect(editText(field('text'), null, 'en')).toBe('');
});
