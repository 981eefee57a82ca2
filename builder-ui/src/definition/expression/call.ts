// The functions of expressions. Null in, null out, except for predicates, `concat` and `is_null`.
import { addDays, addMonths, daysBetween, endOf, readDay, startOf, weekday } from './dates';
import { absolute, ceil, type Exact, exact, floor, NoValue, type RoundMode, round, shortest } from './exact';
import { length, lower, replace, substring, trim, upper } from './texts';
import { compareValues, isNumber, type Value } from './value';

const PREDICATES = new Set(['contains', 'starts_with', 'ends_with']);

export function call(name: string, values: Value[], scale: number): Value {
  if (name === 'is_null') return values.every((value) => value === null);
  if (name === 'concat') return values.map((value) => (value === null ? '' : text(value))).join('');
  if (values.includes(null)) return PREDICATES.has(name) ? false : null;
  const found = FUNCTIONS[name];
  if (!found) throw new NoValue('bad_value');
  return found(values, scale);
}

function text(value: Value | undefined): string {
  if (typeof value !== 'string') throw new NoValue('bad_value');
  return value;
}

function number(value: Value | undefined): Exact {
  if (value === undefined || !isNumber(value)) throw new NoValue('bad_value');
  return value;
}

/** A whole number as a place or count; far beyond any text or calendar it may lose digits. */
function count(value: Value | undefined): number {
  const { units, scale } = number(value);
  return Number(units / 10n ** BigInt(scale));
}

const extreme = (values: Value[], sign: -1 | 1) =>
  values.reduce((best, value) => (compareValues(value, best) * sign > 0 ? value : best));

const FUNCTIONS: Record<string, (values: Value[], scale: number) => Value> = {
  len: ([a]) => exact(length(text(a))),
  upper: ([a]) => upper(text(a)),
  lower: ([a]) => lower(text(a)),
  trim: ([a]) => trim(text(a)),
  contains: ([a, b]) => text(a).includes(text(b)),
  starts_with: ([a, b]) => text(a).startsWith(text(b)),
  ends_with: ([a, b]) => text(a).endsWith(text(b)),
  substring: ([a, start, size]) =>
    substring(text(a), count(start), size === undefined ? undefined : count(size)),
  replace: ([a, from, to]) => replace(text(a), text(from), text(to)),
  text: ([a]) => (a !== undefined && isNumber(a) ? shortest(a) : text(a)),
  round: ([a, , mode], scale) => round(number(a), scale, text(mode) as RoundMode),
  abs: ([a]) => absolute(number(a)),
  floor: ([a]) => floor(number(a)),
  ceil: ([a]) => ceil(number(a)),
  min: (values) => extreme(values, -1),
  max: (values) => extreme(values, 1),
  year: ([a]) => exact(readDay(text(a)).year),
  month: ([a]) => exact(readDay(text(a)).month),
  day: ([a]) => exact(readDay(text(a)).day),
  weekday: ([a]) => exact(weekday(text(a))),
  add_days: ([a, days]) => addDays(text(a), count(days)),
  add_months: ([a, months]) => addMonths(text(a), count(months)),
  days_between: ([a, b]) => exact(daysBetween(text(a), text(b))),
  start_of: ([unit, a]) => startOf(text(unit), text(a)),
  end_of: ([unit, a]) => endOf(text(unit), text(a)),
};
