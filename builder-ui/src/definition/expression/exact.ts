// Exact decimals for expressions: the twin of the engine's arithmetic, half to even at each step, at most 28 digits.

/** `units` in steps of 10^-scale. */
export interface Exact {
  units: bigint;
  scale: number;
}

export type RoundMode = 'half_even' | 'half_up' | 'down' | 'up';

/** An expression has no value: `overflow`, `division_by_zero`, or `bad_value` for what does not fit its type. */
export class NoValue extends Error {
  constructor(readonly code: 'overflow' | 'division_by_zero' | 'bad_value') {
    super(code);
  }
}

export const MAX_SCALE = 12;
const LIMIT = 10n ** 28n;
const PATTERN = /^(-?)(\d+)(?:\.(\d+))?$/;

const abs = (units: bigint) => (units < 0n ? -units : units);
const power = (digits: number) => 10n ** BigInt(digits);

/** The number a value of the API stands for. */
export function exact(value: string | number): Exact {
  const match = PATTERN.exec(String(value));
  if (!match) throw new NoValue('bad_value');
  const [, sign, whole = '', fraction = ''] = match;
  const units = BigInt(whole + fraction);
  return { units: sign === '-' ? -units : units, scale: fraction.length };
}

/** The number as the API writes it. */
export function print({ units, scale }: Exact): string {
  const digits = abs(units)
    .toString()
    .padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return units < 0n ? `-${text}` : text;
}

function checked(units: bigint, scale: number): Exact {
  if (abs(units) >= LIMIT) throw new NoValue('overflow');
  return { units, scale };
}

/** numerator / divisor as a whole number; the divisor is positive. */
function quotient(numerator: bigint, divisor: bigint, mode: RoundMode): bigint {
  const size = abs(numerator);
  const whole = size / divisor;
  const twice = (size % divisor) * 2n;
  const up =
    mode === 'up'
      ? twice > 0n
      : mode === 'half_up'
        ? twice >= divisor
        : mode === 'half_even' && (twice > divisor || (twice === divisor && whole % 2n === 1n));
  const result = up ? whole + 1n : whole;
  return numerator < 0n ? -result : result;
}

export function round(value: Exact, scale: number, mode: RoundMode): Exact {
  if (value.scale <= scale) return checked(value.units * power(scale - value.scale), scale);
  return checked(quotient(value.units, power(value.scale - scale), mode), scale);
}

export function add(a: Exact, b: Exact, scale: number): Exact {
  const common = Math.max(a.scale, b.scale);
  const units = a.units * power(common - a.scale) + b.units * power(common - b.scale);
  return round({ units, scale: common }, scale, 'half_even');
}

export const negate = ({ units, scale }: Exact): Exact => ({ units: -units, scale });

export function multiply(a: Exact, b: Exact, scale: number): Exact {
  return round({ units: a.units * b.units, scale: a.scale + b.scale }, scale, 'half_even');
}

export function divide(a: Exact, b: Exact, scale: number): Exact {
  if (b.units === 0n) throw new NoValue('division_by_zero');
  const numerator = a.units * power(scale + b.scale) * (b.units < 0n ? -1n : 1n);
  return checked(quotient(numerator, abs(b.units) * power(a.scale), 'half_even'), scale);
}

export const floor = (value: Exact) => round(value, 0, value.units < 0n ? 'up' : 'down');
export const ceil = (value: Exact) => round(value, 0, value.units < 0n ? 'down' : 'up');
export const absolute = ({ units, scale }: Exact): Exact => ({ units: abs(units), scale });

/** Negative, zero or positive, as `a` is smaller, equal or larger. */
export function compare(a: Exact, b: Exact): number {
  const difference = a.units * power(b.scale) - b.units * power(a.scale);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** Digits without trailing zeros behind the point. */
export function shortest(value: Exact): string {
  const text = print(value);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
