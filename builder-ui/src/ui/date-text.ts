// Dates as people type and paste them: 2026-11-23, 20261123, 11/23, 今天, +3.

const two = (n: number) => String(n).padStart(2, '0');

function valid(year: number, month: number, day: number): string | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  date.setUTCFullYear(year);
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return same && year >= 1 && year <= 9999
    ? `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
    : null;
}

function shifted(today: string, days: number): string {
  const date = new Date(`${today}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

const WORDS: Record<string, number> = {
  今天: 0,
  today: 0,
  t: 0,
  明天: 1,
  tomorrow: 1,
  昨天: -1,
  yesterday: -1,
  后天: 2,
  前天: -2,
};

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** The day as `2026-11-23`; `null` when the text is none. A day without a year lies in the year of `today`. */
export function readDate(typed: string, today: string): string | null {
  const text = typed.normalize('NFKC').trim().toLowerCase();
  const word = WORDS[text];
  if (word !== undefined) return shifted(today, word);
  const offset = /^([+-]\d{1,4})$/.exec(text);
  if (offset) return shifted(today, Number(offset[1]));
  const full =
    /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[t ].*)?$/.exec(text) ??
    /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (full) return valid(Number(full[1]), Number(full[2]), Number(full[3]));
  const short = /^(\d{1,2})[-/.月](\d{1,2})日?$/.exec(text);
  if (short) return valid(Number(today.slice(0, 4)), Number(short[1]), Number(short[2]));
  const named = /^(\d{1,2})[ -]([a-z]{3})[a-z]*[ -](\d{4})$/.exec(text);
  if (named) return valid(Number(named[3]), MONTHS.indexOf(named[2] ?? '') + 1, Number(named[1]));
  return null;
}

/** Today on this computer. */
export function localToday(): string {
  const now = new Date();
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** `9:05`, `0905`, `9点5分` as `09:05:00`; `null` when it is no time of day. */
export function readTime(typed: string): string | null {
  const text = typed.normalize('NFKC').trim();
  const match = /^(\d{1,2})[:点时](\d{1,2})分?(?::(\d{1,2}))?$/.exec(text) ?? /^(\d{2})(\d{2})$/.exec(text);
  if (!match) return null;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  return hour < 24 && minute < 60 && second < 60 ? `${two(hour)}:${two(minute)}:${two(second)}` : null;
}
