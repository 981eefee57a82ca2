// Values inside an evaluation, and the way from and to the values of the API.
import { compare as compareNumbers, type Exact, exact, NoValue, print, round } from './exact';
import { compare as compareTexts } from './texts';
import type { Tree, TypeName } from './tree';

/** Days are `2026-01-31`, times `08:30:00`, moments UTC with six digits of a second: their order is that of their text. */
export type Value = null | boolean | string | Exact | Value[] | { json: unknown };

export function isNumber(value: Value): value is Exact {
  return value !== null && typeof value === 'object' && 'units' in value;
}

export function fromApi(value: unknown, type: TypeName): Value {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'number':
      if (typeof value === 'number' || typeof value === 'string') return value === '' ? null : exact(value);
      break;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      break;
    case 'instant':
      if (typeof value === 'string') return moment(value);
      break;
    case 'time':
      if (typeof value === 'string') return value.length === 5 ? `${value}:00` : value;
      break;
    case 'text':
    case 'date':
    case 'record':
      if (typeof value === 'string') return value;
      break;
    case 'list':
      if (Array.isArray(value))
        return value.map((item) => fromApi(item, typeof item === 'boolean' ? 'boolean' : 'text'));
      break;
    case 'json':
    case 'null':
    case 'rows':
      return { json: value };
  }
  throw new NoValue('bad_value');
}

export function toApi(value: Value, tree: Tree): unknown {
  if (isNumber(value)) {
    try {
      return print(round(value, tree.scale ?? value.scale, 'half_even'));
    } catch {
      // It only fits with fewer digits behind the point, and is the same number.
      return print(value);
    }
  }
  if (tree.type === 'instant' && typeof value === 'string') return value.replace(/\.?0+Z$/, 'Z');
  if (Array.isArray(value)) return value.map((item) => toApi(item, { ...tree, type: 'text' }));
  return value !== null && typeof value === 'object' ? value.json : value;
}

/** Negative, zero or positive; both values have one type and are not null. */
export function compareValues(a: Value, b: Value): number {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  throw new NoValue('bad_value');
}

/** RFC 3339 to UTC with six digits; a `Date` alone would lose the microseconds. */
function moment(text: string): string {
  const match = /^(.{19})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/i.exec(text);
  if (!match) throw new NoValue('bad_value');
  const [, seconds = '', fraction = '', zone = 'Z'] = match;
  const at = new Date(`${seconds}${zone.toUpperCase()}`);
  if (Number.isNaN(at.getTime())) throw new NoValue('bad_value');
  return `${at.toISOString().slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}
