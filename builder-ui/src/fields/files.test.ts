import { expect, test } from 'vitest';
import { filesOf, isPicture, sizeText } from './files';

const file = { id: '1', name: 'a.png', type: 'image/png', size: 1 };

test('a value is one file, several or none', () => {
  expect(filesOf(file)).toEqual([file]);
  expect(filesOf([file, file])).toHaveLength(2);
  expect(filesOf(null)).toEqual([]);
});

test('only images that cannot run anything are shown', () => {
  expect(isPicture(file)).toBe(true);
  expect(isPicture({ ...file, type: 'image/svg+xml' })).toBe(false);
});

test('sizes are short', () => {
  expect([0, 1023, 1024, 3_355_443, 52_428_800].map(sizeText)).toEqual([
    '0 B',
    '1023 B',
    '1 KB',
    '3.2 MB',
    '50 MB',
  ]);
});
