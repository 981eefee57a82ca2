// The calendar of expressions: days as `2026-01-31`, from year 1 to 9999, without a clock or a zone.
import { NoValue } from './exact';

interface Day {
  year: number;
  month: number;
  day: number;
}

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})$/;
const MONTHS_BEFORE_MARCH = 2;
const DAYS_OF_400_YEARS = 146_097;

function lengthOf(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

export function readDay(text: string): Day {
  const match = PATTERN.exec(text);
  if (!match) throw new NoValue('bad_value');
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > lengthOf(year, month))
    throw new NoValue('bad_value');
  return { year, month, day };
}

function print({ year, month, day }: Day): string {
  if (year < 1 || year > 9999) throw new NoValue('overflow');
  const pad = (part: number, width: number) => String(part).padStart(width, '0');
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

/** Days since 0000-03-01, so that the leap day is the last of its year. */
function numberOf({ year, month, day }: Day): number {
  const shifted = month <= MONTHS_BEFORE_MARCH ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_OF_400_YEARS + dayOfEra;
}

function dayOf(number: number): Day {
  const era = Math.floor(number / DAYS_OF_400_YEARS);
  const dayOfEra = number - era * DAYS_OF_400_YEARS;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= MONTHS_BEFORE_MARCH ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1 };
}

export function addDays(text: string, days: number): string {
  if (Math.abs(days) >= 10_000_000) throw new NoValue('overflow');
  return print(dayOf(numberOf(readDay(text)) + days));
}

export function addMonths(text: string, months: number): string {
  if (Math.abs(months) >= 1_000_000) throw new NoValue('overflow');
  const { year, month, day } = readDay(text);
  const count = year * 12 + month - 1 + months;
  const target = { year: Math.floor(count / 12), month: (((count % 12) + 12) % 12) + 1 };
  return print({ ...target, day: Math.min(day, lengthOf(target.year, target.month)) });
}

export const daysBetween = (from: string, to: string) => numberOf(readDay(to)) - numberOf(readDay(from));

/** Monday is 1, Sunday 7; 0000-03-01 was a Wednesday. */
export const weekday = (text: string) => ((numberOf(readDay(text)) + 2) % 7) + 1;

export function startOf(unit: string, text: string): string {
  const { year, month } = readDay(text);
  switch (unit) {
    case 'year':
      return print({ year, month: 1, day: 1 });
    case 'quarter':
      return print({ year, month: month - ((month - 1) % 3), day: 1 });
    case 'month':
      return print({ year, month, day: 1 });
    case 'week':
      return addDays(text, 1 - weekday(text));
    default:
      throw new NoValue('bad_value');
  }
}

export function endOf(unit: string, text: string): string {
  if (unit === 'week') return addDays(startOf(unit, text), 6);
  const months = { year: 11, quarter: 2, month: 0 }[unit];
  if (months === undefined) throw new NoValue('bad_value');
  const last = readDay(addMonths(startOf(unit, text), months));
  return print({ ...last, day: lengthOf(last.year, last.month) });
}
