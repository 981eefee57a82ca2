import { expect, test } from 'vitest';
import { moved, step } from './cursor';

const SIZE = { rows: 3, columns: 2 };

test('moves stay inside', () => {
  expect(moved({ row: 2, column: 1 }, 'ArrowDown', false, SIZE)).toEqual({ row: 2, column: 1 });
  expect(moved({ row: 0, column: 1 }, 'End', true, SIZE)).toEqual({ row: 2, column: 1 });
  expect(moved({ row: 2, column: 1 }, 'Home', false, SIZE)).toEqual({ row: 2, column: 0 });
  expect(moved({ row: 0, column: 0 }, 'a', false, SIZE)).toBeUndefined();
});

test('Tab goes over the ends of rows', () => {
  expect(step({ row: 0, column: 1 }, 1, SIZE)).toEqual({ row: 1, column: 0 });
  expect(step({ row: 1, column: 0 }, -1, SIZE)).toEqual({ row: 0, column: 1 });
  expect(step({ row: 2, column: 1 }, 1, SIZE)).toEqual({ row: 2, column: 1 });
});
