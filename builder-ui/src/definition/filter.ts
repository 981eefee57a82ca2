// Filters as people build them, written as expression text and read back from it.
import type { FieldDoc } from './documents';

export type Operator =
  | 'is'
  | 'isNot'
  | 'has'
  | 'hasNot'
  | 'contains'
  | 'startsWith'
  | 'less'
  | 'lessOrEqual'
  | 'greater'
  | 'greaterOrEqual'
  | 'empty'
  | 'notEmpty';

export interface Condition {
  path: string;
  operator: Operator;
  /** As the expression's literal means it: text, number as text, `true`. */
  value: string;
}

const TEXTS: FieldDoc['type'][] = [
  'text',
  'long_text',
  'rich_text',
  'email',
  'phone',
  'url',
  'barcode',
  'auto_number',
  'color',
];
const NUMBERS: FieldDoc['type'][] = [
  'integer',
  'decimal',
  'money',
  'percent',
  'quantity',
  'duration',
  'rating',
];
const MOMENTS: FieldDoc['type'][] = ['date', 'datetime', 'time'];
const CODES: FieldDoc['type'][] = ['choice', 'state', 'country', 'currency', 'language'];
const RECORDS: FieldDoc['type'][] = ['reference', 'user', 'department'];

/** The operators that make sense for a field; none if it cannot be filtered by. */
export function operatorsFor(field: FieldDoc): Operator[] {
  // The database knows only which of them are equal.
  if (field.sensitive) return ['is', 'isNot', 'empty', 'notEmpty'];
  if (TEXTS.includes(field.type)) return ['contains', 'is', 'isNot', 'startsWith', 'empty', 'notEmpty'];
  if (NUMBERS.includes(field.type)) {
    return ['is', 'isNot', 'greater', 'greaterOrEqual', 'less', 'lessOrEqual', 'empty', 'notEmpty'];
  }
  if (MOMENTS.includes(field.type)) return ['is', 'greaterOrEqual', 'lessOrEqual', 'empty', 'notEmpty'];
  if (CODES.includes(field.type) || RECORDS.includes(field.type)) return ['is', 'isNot', 'empty', 'notEmpty'];
  if (field.type === 'boolean') return ['is'];
  if (field.type === 'links') return ['has', 'hasNot', 'empty', 'notEmpty'];
  return [];
}

export const needsValue = (operator: Operator) => operator !== 'empty' && operator !== 'notEmpty';

const SYMBOLS: Partial<Record<Operator, string>> = {
  is: '==',
  isNot: '!=',
  less: '<',
  lessOrEqual: '<=',
  greater: '>',
  greaterOrEqual: '>=',
};

/** A text literal of the expression language. */
export const quote = (text: string) =>
  `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t')}"`;

function literal(field: FieldDoc, value: string): string {
  if (NUMBERS.includes(field.type) || field.type === 'boolean') return value;
  return quote(value);
}

export function printCondition({ path, operator, value }: Condition, field: FieldDoc): string {
  if (field.type === 'links') {
    if (!needsValue(operator)) return `${path}.count ${operator === 'empty' ? '==' : '>'} 0`;
    return `${operator === 'hasNot' ? '!' : ''}${path}.any(|r| r == ${quote(value)})`;
  }
  switch (operator) {
    case 'empty':
      return `is_null(${path})`;
    case 'notEmpty':
      return `!is_null(${path})`;
    case 'contains':
      return `contains(lower(${path}), ${quote(value.toLowerCase())})`;
    case 'startsWith':
      return `starts_with(lower(${path}), ${quote(value.toLowerCase())})`;
    default:
      return `${path} ${SYMBOLS[operator] ?? '=='} ${literal(field, value)}`;
  }
}

/** All of the conditions; those without a value they need are left out. */
export function printFilter(
  conditions: Condition[],
  fieldOf: (path: string) => FieldDoc | undefined,
): string {
  const texts: string[] = [];
  for (const condition of conditions) {
    const field = fieldOf(condition.path);
    if (field && (condition.value !== '' || !needsValue(condition.operator)))
      texts.push(printCondition(condition, field));
  }
  return texts.join(' && ');
}

const PATH = '[a-z_][a-z0-9_]*(?:\\.[a-z_][a-z0-9_]*)*';
const TEXT = '"(?:[^"\\\\]|\\\\.)*"';
const CONDITION = new RegExp(
  `^(?:(!?)is_null\\((${PATH})\\)|(contains|starts_with)\\(lower\\((${PATH})\\), (${TEXT})\\)|(${PATH}) (==|!=|<=|>=|<|>) (${TEXT}|-?[0-9.]+|true|false))(?: && |$)`,
);

/** The same for a field of links. */
const LINKS = new RegExp(
  `^(?:(!?)(${PATH})\\.any\\(\\|r\\| r == (${TEXT})\\)|(${PATH})\\.count (==|>) 0)(?: && |$)`,
);

const plain = (text: string) => {
  if (!text.startsWith('"')) return text;
  const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t' };
  return text.slice(1, -1).replace(/\\(.)/g, (_, c: string) => escapes[c] ?? c);
};

/** The conditions of a filter that this builder wrote; `null` when it was written by hand. */
export function readFilter(text: string): Condition[] | null {
  const found: Condition[] = [];
  let rest = text;
  while (rest) {
    const links = LINKS.exec(rest);
    if (links) {
      const [whole, not, path, id, counted, symbol] = links;
      if (path && id) found.push({ path, operator: not ? 'hasNot' : 'has', value: plain(id) });
      else if (counted)
        found.push({ path: counted, operator: symbol === '>' ? 'notEmpty' : 'empty', value: '' });
      rest = rest.slice(whole.length);
      continue;
    }
    const match = CONDITION.exec(rest);
    if (!match) return null;
    const [whole, not, nullPath, call, callPath, callText, path, symbol, value] = match;
    if (nullPath) found.push({ path: nullPath, operator: not ? 'notEmpty' : 'empty', value: '' });
    else if (callPath && callText) {
      found.push({
        path: callPath,
        operator: call === 'contains' ? 'contains' : 'startsWith',
        value: plain(callText),
      });
    } else if (path && value) {
      const operator = (Object.keys(SYMBOLS) as Operator[]).find((key) => SYMBOLS[key] === symbol) ?? 'is';
      found.push({ path, operator, value: plain(value) });
    }
    rest = rest.slice(whole.length);
  }
  return found;
}

/** Records in which one of the texts contains what was typed. */
export const searchText = (paths: string[], text: string) =>
  paths.map((path) => `contains(lower(${path}), ${quote(text.toLowerCase())})`).join(' || ');

/** Several filters that must all hold. */
export function joinFilters(...filters: (string | undefined)[]): string | undefined {
  const given = filters.filter((filter): filter is string => Boolean(filter));
  if (given.length <= 1) return given[0];
  return given.map((filter) => `(${filter})`).join(' && ');
}

export const isSearchable = (field: FieldDoc) => TEXTS.includes(field.type) && field.type !== 'color';
