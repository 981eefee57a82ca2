import { expect, test } from 'vitest';
import { editText } from '../grid/cell-text';
import { DOTS, isMask } from './mask';
import { valueText } from './value-text';

const salary = { name: 'salary', title: {}, type: 'money', sensitive: true } as const;

test('a mask is told from values and from nothing', () => {
  expect(isMask({ masked: true })).toBe(true);
  for (const other of [null, undefined, '', '12.00', 0, {}, { masked: false }, [{ masked: true }]]) {
    expect(isMask(other)).toBe(false);
  }
});

test('a mask is shown as dots and edited as nothing', () => {
  const mask = { masked: true };
  expect(valueText(salary, mask, { locale: 'en', yes: '', no: '' })).toBe(DOTS);
  expect(editText(salary, mask, 'en')).toBe('');
});
