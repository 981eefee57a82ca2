// Text in expressions: characters are Unicode code points, as in the engine and in both databases.

const BLANKS = ' \t\r\n\u00a0\u3000';

/** Letters with exactly one counterpart, both ways, in Latin, Greek and Cyrillic. */
const CAPITALS = new Map<string, string>();
const SMALL = new Map<string, string>();
for (const [first, last] of [
  [0x61, 0x7a],
  [0xdf, 0x17f],
  [0x3ac, 0x3ce],
  [0x430, 0x45f],
] as const) {
  for (let code = first; code <= last; code++) {
    const small = String.fromCodePoint(code);
    const capital = small.toUpperCase();
    if (capital !== small && capital.length === 1 && capital.toLowerCase() === small) {
      CAPITALS.set(small, capital);
      SMALL.set(capital, small);
    }
  }
}

const mapped = (text: string, letters: Map<string, string>) =>
  Array.from(text, (character) => letters.get(character) ?? character).join('');

export const upper = (text: string) => mapped(text, CAPITALS);
export const lower = (text: string) => mapped(text, SMALL);
export const length = (text: string) => Array.from(text).length;

export function trim(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && BLANKS.includes(text.charAt(start))) start++;
  while (end > start && BLANKS.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** From the character at `start` (1 is the first) on; a missing `count` means to the end. */
export function substring(text: string, start: number, count?: number): string {
  const from = Math.max(start, 1) - 1;
  return Array.from(text)
    .slice(from, count === undefined ? undefined : from + Math.max(count, 0))
    .join('');
}

export function replace(text: string, from: string, to: string): string {
  return from === '' ? text : text.split(from).join(to);
}

/** By code point, which UTF-16 order is not beyond the first plane. */
export function compare(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
