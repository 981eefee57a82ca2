// Where the cursor goes from a cell, key by key.

export interface Cell {
  row: number;
  column: number;
}

export interface Size {
  rows: number;
  columns: number;
}

const clamp = (value: number, count: number) => Math.max(0, Math.min(count - 1, value));

/** One step in reading order, over the ends of rows. */
export function step({ row, column }: Cell, by: 1 | -1, size: Size): Cell {
  const place = clamp(row * size.columns + column + by, size.rows * size.columns);
  return { row: Math.floor(place / size.columns), column: place % size.columns };
}

const PAGE = 10;

/** The cell a key leads to; `undefined` for keys that do not move. */
export function moved(cell: Cell, key: string, control: boolean, size: Size): Cell | undefined {
  const to = (row: number, column: number): Cell => ({
    row: clamp(row, size.rows),
    column: clamp(column, size.columns),
  });
  switch (key) {
    case 'ArrowDown':
      return to(control ? size.rows - 1 : cell.row + 1, cell.column);
    case 'ArrowUp':
      return to(control ? 0 : cell.row - 1, cell.column);
    case 'ArrowRight':
      return to(cell.row, control ? size.columns - 1 : cell.column + 1);
    case 'ArrowLeft':
      return to(cell.row, control ? 0 : cell.column - 1);
    case 'PageDown':
      return to(cell.row + PAGE, cell.column);
    case 'PageUp':
      return to(cell.row - PAGE, cell.column);
    case 'Home':
      return to(control ? 0 : cell.row, 0);
    case 'End':
      return to(control ? size.rows - 1 : cell.row, size.columns - 1);
    default:
      return undefined;
  }
}
