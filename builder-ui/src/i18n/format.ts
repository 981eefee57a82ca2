// Numbers, dates and times as the reader's language writes them. Numbers stay exact: they go to Intl as text.
import type { Locale } from './locale';

const cache = new Map<string, Intl.NumberFormat>();

export function formatNumber(value: unknown, locale: Locale, min = 0, max = Math.max(min, 12)): string {
  if (value === null || value === undefined || value === '') return '';
  const key = `${locale}/${min}/${max}`;
  let format = cache.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, { minimumFractionDigits: min, maximumFractionDigits: max });
    cache.set(key, format);
  }
  return format.format(String(value) as Intl.StringNumericLiteral);
}

/** Digits behind the point of a currency: 2 for most, 0 for JPY, 3 for KWD. */
export function currencyDigits(currency: string | undefined): number {
  if (!currency || !/^[A-Z]{3}$/.test(currency)) return 2;
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  );
}

const english = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

export function formatDate(value: unknown, locale: Locale): string {
  const text = String(value ?? '');
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return text;
  const day = text.slice(0, 10);
  return locale === 'zh-CN' ? day : english.format(new Date(`${day}T00:00:00Z`));
}

const two = (n: number) => String(n).padStart(2, '0');

/** A moment in the zone of this browser. */
export function formatMoment(value: unknown, locale: Locale): string {
  const moment = new Date(String(value ?? ''));
  if (Number.isNaN(moment.getTime())) return String(value ?? '');
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${formatDate(day, locale)} ${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** 5400 seconds: `1:30`; with seconds only where there are some. */
export function formatDuration(value: unknown): string {
  const seconds = Number(value);
  if (value === null || value === undefined || value === '' || !Number.isInteger(seconds)) return '';
  const rest = Math.abs(seconds);
  const tail = rest % 60 === 0 ? '' : `:${two(rest % 60)}`;
  return `${seconds < 0 ? '-' : ''}${Math.floor(rest / 3600)}:${two(Math.floor(rest / 60) % 60)}${tail}`;
}

/** `1:30`, `90m`, `1h30m`, `1.5h` are 5400 seconds; `null` when it is none of these. */
export function readDuration(typed: string): number | null {
  const text = typed.normalize('NFKC').trim().toLowerCase();
  const clock = /^(-?)(\d+):([0-5]?\d)(?::([0-5]?\d))?$/.exec(text);
  if (clock) {
    const seconds = Number(clock[2]) * 3600 + Number(clock[3]) * 60 + Number(clock[4] ?? 0);
    return clock[1] ? -seconds : seconds;
  }
  const words =
    /^(?:(\d+(?:\.\d+)?)\s*(?:h|小时|时))?\s*(?:(\d+)\s*(?:m|min|分钟|分))?\s*(?:(\d+)\s*(?:s|秒))?$/.exec(
      text,
    );
  if (!words || text === '') return null;
  return Math.round(Number(words[1] ?? 0) * 3600) + Number(words[2] ?? 0) * 60 + Number(words[3] ?? 0);
}
