// The difference of two texts line by line.

export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
  /** Line numbers from 1 in the old and the new text. */
  before: number | undefined;
  after: number | undefined;
}

/** The lengths of the longest common subsequences of all ends of two lists. */
function lengths(a: string[], b: string[]): Uint32Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    const [row, below] = [table[i], table[i + 1]];
    if (!row || !below) continue;
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = a[i] === b[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

export function diffLines(before: string, after: string): DiffLine[] {
  const a = before === '' ? [] : before.replace(/\n$/, '').split('\n');
  const b = after === '' ? [] : after.replace(/\n$/, '').split('\n');
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end++;
  const [middleA, middleB] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const table = lengths(middleA, middleB);
  const lines: DiffLine[] = [];
  const same = (i: number, j: number) =>
    lines.push({ kind: 'same', text: a[i] ?? '', before: i + 1, after: j + 1 });
  for (let i = 0; i < start; i++) same(i, i);
  let [i, j] = [0, 0];
  while (i < middleA.length || j < middleB.length) {
    if (i < middleA.length && j < middleB.length && middleA[i] === middleB[j]) {
      same(start + i++, start + j++);
    } else if (
      j >= middleB.length ||
      (i < middleA.length && (table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0))
    ) {
      lines.push({ kind: 'removed', text: middleA[i] ?? '', before: start + i + 1, after: undefined });
      i++;
    } else {
      lines.push({ kind: 'added', text: middleB[j] ?? '', before: undefined, after: start + j + 1 });
      j++;
    }
  }
  for (let k = end; k > 0; k--) same(a.length - k, b.length - k);
  return lines;
}

/** The changed lines with a few around them; the rest left out between the pieces. */
export function hunks(lines: DiffLine[], around = 3): DiffLine[][] {
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - around), index + around + 1).some((line) => line.kind !== 'same'),
  );
  const found: DiffLine[][] = [];
  for (const [index, line] of lines.entries()) {
    if (!near[index]) continue;
    if (index === 0 || !near[index - 1]) found.push([]);
    found.at(-1)?.push(line);
  }
  return found;
}
