// Exact decimals as text: reading what people type, adding, comparing. No floats.

interface Parts {
  units: bigint;
  scale: number;
}

const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?$/;

function parts(text: string): Parts | null {
  const match = PATTERN.exec(text);
  if (!match) return null;
  const [, sign, whole = '', fraction = ''] = match;
  if (whole === '' && fraction === '') return null;
  const units = BigInt(`${whole}${fraction}` || '0');
  return { units: sign === '-' ? -units : units, scale: fraction.length };
}

function print({ units, scale }: Parts): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = scale === 0 ? '' : `.${digits.slice(digits.length - scale)}`;
  return `${units < 0n ? '-' : ''}${whole}${fraction}`;
}

const at = (value: Parts, scale: number) => value.units * 10n ** BigInt(scale - value.scale);

/** The sum; what is no number is left out, as aggregates leave out null. */
export function sumDecimals(values: Iterable<unknown>): string {
  let total: Parts = { units: 0n, scale: 0 };
  for (const value of values) {
    const next = value === null || value === undefined ? null : parts(String(value));
    if (!next) continue;
    const scale = Math.max(total.scale, next.scale);
    total = { units: at(total, scale) + at(next, scale), scale };
  }
  return print(total);
}

/** -1, 0 or 1; `null` when one of them is no number. */
export function compareDecimals(left: string, right: string): number | null {
  const a = parts(left);
  const b = parts(right);
  if (!a || !b) return null;
  const scale = Math.max(a.scale, b.scale);
  const difference = at(a, scale) - at(b, scale);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** Shifts the point, so that 0.125 and 12.5 (per cent) are the same number. */
export function shiftDecimal(text: string, by: number): string {
  const value = parts(text);
  if (!value) return text;
  const scale = value.scale - by;
  const shifted = scale < 0 ? { units: value.units * 10n ** BigInt(-scale), scale: 0 } : { ...value, scale };
  return print(shifted)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

/**
 * The number in what a person typed or pasted: `1,234.5`, `１２３４`, `¥ 1 234.50`, `12%`, `(5.00)`.
 * `null` when there is none in it.
 */
export function readDecimal(typed: string): string | null {
  let text = typed.normalize('NFKC').replace(/[\s,'’_]/g, '');
  const negative = /^\(.*\)$/.test(text);
  if (negative) text = text.slice(1, -1);
  text = text
    .replace(/^(?:[A-Za-z]{3}|[¥$€£])/, '')
    .replace(/(?:%|[A-Za-z]{3})$/, '')
    .replace(/。/, '.');
  const value = parts(text);
  if (!value) return null;
  return print(negative ? { ...value, units: -value.units } : value);
}
