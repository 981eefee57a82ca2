// Cells as text: what an editor begins with, what typed and pasted text means.
import { readDecimal, shiftDecimal } from '../definition/decimal';
import type { FieldDoc } from '../definition/documents';
import { codeLabel } from '../fields/codes';
import { isMask } from '../fields/mask';
import { optionsOf, valueText } from '../fields/value-text';
import { formatDuration, readDuration } from '../i18n/format';
import type { Locale } from '../i18n/locale';
import { localToday, readDate, readTime } from '../ui/date-text';

const RECORDS: FieldDoc['type'][] = ['reference', 'user', 'department'];
const CODES: FieldDoc['type'][] = ['country', 'currency', 'language'];

export const isReference = (field: FieldDoc) => RECORDS.includes(field.type);

/** Cells whose values are files: nothing is typed into them, they are opened. */
export const isFiles = (field: FieldDoc) => ['file', 'files', 'image', 'signature'].includes(field.type);

/** Cells whose values are chosen from a list. */
export const hasChoices = (field: FieldDoc) =>
  isReference(field) || CODES.includes(field.type) || field.type === 'choice' || field.type === 'boolean';

/** What the editor of a cell begins with. References begin with their label, which the grid knows. */
export function editText(field: FieldDoc, value: unknown, locale: Locale): string {
  if (value === null || value === undefined || isMask(value)) return '';
  switch (field.type) {
    case 'percent':
      return shiftDecimal(String(value), 2);
    case 'decimal':
    case 'money':
    case 'quantity':
      return String(value)
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '');
    case 'duration':
      return formatDuration(value);
    case 'choice':
      return optionsOf(field).find((option) => option.name === value)?.title[locale] ?? String(value);
    case 'country':
    case 'currency':
    case 'language':
      return codeLabel(field.type, String(value), locale);
    case 'datetime':
      return String(value);
    case 'time':
      return String(value).slice(0, 5);
    case 'file':
    case 'files':
    case 'image':
    case 'signature':
      return valueText(field, value, { locale, yes: '', no: '' });
    case 'json':
    case 'choices':
      return JSON.stringify(value);
    default:
      return String(value);
  }
}

const YES = ['true', 'yes', 'y', '1', '是', '√', '✓'];
const NO = ['false', 'no', 'n', '0', '否', '×', '✗'];

/** The value a text stands for, or nothing when the text does not fit. Empty text empties the cell. */
export function readCell(field: FieldDoc, typed: string): { value: unknown } | undefined {
  const text = typed.trim();
  if (text === '') return { value: null };
  const given = <T>(value: T | null): { value: T } | undefined => (value === null ? undefined : { value });
  switch (field.type) {
    case 'decimal':
    case 'money':
    case 'quantity':
      return given(readDecimal(text));
    case 'percent': {
      const number = readDecimal(text);
      return number === null ? undefined : { value: shiftDecimal(number, -2) };
    }
    case 'integer':
    case 'rating': {
      const number = readDecimal(text)?.replace(/\.0+$/, '') ?? null;
      return number === null || number.includes('.') ? undefined : { value: Number(number) };
    }
    case 'boolean': {
      const word = text.toLowerCase();
      return YES.includes(word) ? { value: true } : NO.includes(word) ? { value: false } : undefined;
    }
    case 'date':
      return given(readDate(text, localToday()));
    case 'time':
      return given(readTime(text));
    case 'duration':
      return given(readDuration(text));
    case 'choice': {
      const same = (other: string) => other.toLowerCase() === text.toLowerCase();
      const option = optionsOf(field).find(
        ({ name, title }) => same(name) || Object.values(title).some(same),
      );
      return option ? { value: option.name } : undefined;
    }
    case 'country':
    case 'currency': {
      const code = /^[A-Za-z]{2,3}$/.test(text)
        ? text.toUpperCase()
        : (/\(([A-Z]{2})\)$|^([A-Z]{3}) /.exec(text)?.slice(1).find(Boolean) ?? null);
      return given(code);
    }
    case 'reference':
    case 'user':
    case 'department':
    case 'file':
    case 'files':
    case 'image':
    case 'signature':
      return undefined;
    default:
      return { value: typed };
  }
}
