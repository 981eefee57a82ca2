// Cells as spreadsheets put them on the clipboard: tabs and line ends, quoted where a cell holds one of them.

export function readCells(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endCell = () => {
    row.push(cell);
    cell = '';
  };
  const endRow = () => {
    endCell();
    rows.push(row);
    row = [];
  };
  const source = text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  for (let at = 0; at < source.length; at++) {
    const c = source[at] ?? '';
    if (quoted) {
      if (c !== '"') cell += c;
      else if (source[at + 1] === '"') {
        cell += '"';
        at++;
      } else quoted = false;
    } else if (c === '"' && cell === '') quoted = true;
    else if (c === '\t') endCell();
    else if (c === '\n') endRow();
    else cell += c;
  }
  endRow();
  return rows;
}

const quoteCell = (cell: string) => (/[\t\n"]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell);

export const printCells = (rows: string[][]) => rows.map((row) => row.map(quoteCell).join('\t')).join('\n');
