// The text of a field's value in the reader's language.

import { shiftDecimal } from '../definition/decimal';
import type { FieldDoc, OptionDoc } from '../definition/documents';
import { textIn } from '../definition/text';
import { currencyDigits, formatDate, formatDuration, formatMoment, formatNumber } from '../i18n/format';
import type { Locale } from '../i18n/locale';
import { codeName } from './codes';
import { filesOf } from './files';
import { DOTS, isMask } from './mask';

export interface ValueContext {
  locale: Locale;
  yes: string;
  no: string;
  /** The currency of a money field's row. */
  currency?: string | undefined;
}

/** Digits that are always shown behind the point. */
export function shownDigits(field: FieldDoc, currency?: string): number {
  switch (field.type) {
    case 'money':
      return currencyDigits(field.currency ?? currency);
    case 'decimal':
      return Math.min(field.scale ?? 2, 2);
    default:
      return 0;
  }
}

export const optionsOf = (field: FieldDoc): OptionDoc[] => field.options ?? field.states ?? [];

export function optionOf(field: FieldDoc, value: unknown): OptionDoc | undefined {
  return optionsOf(field).find((option) => option.name === value);
}

const NUMBERS = ['integer', 'decimal', 'money', 'percent', 'quantity', 'duration', 'rating'];

export const isNumeric = (field: FieldDoc) => NUMBERS.includes(field.type);

function structure(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const parts = Object.values(value).filter((part) => typeof part === 'string' || typeof part === 'number');
  return parts.join(', ');
}

/** `field` is the field of the value itself (see `valueField`). References are shown by their label elsewhere. */
export function valueText(field: FieldDoc, value: unknown, context: ValueContext): string {
  if (value === null || value === undefined || value === '') return '';
  if (isMask(value)) return DOTS;
  const { locale } = context;
  switch (field.type) {
    case 'integer':
    case 'decimal':
    case 'money':
    case 'quantity':
      return formatNumber(value, locale, shownDigits(field, context.currency));
    case 'percent':
      return `${formatNumber(shiftDecimal(String(value), 2), locale)}%`;
    case 'duration':
      return formatDuration(value);
    case 'boolean':
      return value ? context.yes : context.no;
    case 'date':
      return formatDate(value, locale);
    case 'datetime':
      return formatMoment(value, locale);
    case 'time':
      return String(value).slice(0, 5);
    case 'choice':
    case 'state':
      return textIn(optionOf(field, value)?.title, locale) || String(value);
    case 'choices':
      return (Array.isArray(value) ? value : [value])
        .map((one) => textIn(optionOf(field, one)?.title, locale) || String(one))
        .join(locale === 'zh-CN' ? '、' : ', ');
    case 'country':
    case 'language':
      return codeName(field.type, String(value), locale);
    case 'file':
    case 'files':
    case 'image':
    case 'signature':
      return filesOf(value)
        .map((file) => file.name)
        .join(locale === 'zh-CN' ? '、' : ', ');
    case 'address':
    case 'location':
      return structure(value);
    case 'json':
      return JSON.stringify(value);
    default:
      return String(value);
  }
}
