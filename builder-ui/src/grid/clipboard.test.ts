import { expect, test } from 'vitest';
import { printCells, readCells } from './clipboard';

test('reads what a spreadsheet copies', () => {
  expect(readCells('7\t1.5\r\n8\t2.5\r\n')).toEqual([
    ['7', '1.5'],
    ['8', '2.5'],
  ]);
  expect(readCells('"two\nlines"\t"say ""hi"""\nx\t')).toEqual([
    ['two\nlines', 'say "hi"'],
    ['x', ''],
  ]);
  expect(readCells('one')).toEqual([['one']]);
});

test('what is printed reads back', () => {
  const cells = [
    ['a\tb', 'c"d', ''],
    ['1', 'x\ny', '蓝牙'],
  ];
  expect(readCells(printCells(cells))).toEqual(cells);
});
