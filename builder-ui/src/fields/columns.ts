// The columns of a list, what each of them has to ask the server for, and what it shows of a record.
import type { RecordData } from '../api/records';
import { type Catalog, type Entity, fieldAt, targetOf, valueField } from '../definition/catalog';
import type { FieldDoc, LocalText, ViewDoc } from '../definition/documents';
import { isNumeric } from './value-text';

export interface ListColumn {
  /** The path as the view names it. */
  path: string;
  title: LocalText;
  /** The field of the value itself. */
  field: FieldDoc;
  width: number;
  numeric: boolean;
  /** The path to sort by; none if the column has no order. */
  sort: string | undefined;
  labelPath: string | undefined;
  /** The entity that links lead to. */
  target: Entity | undefined;
  currencyPath: string | undefined;
  unitPath: string | undefined;
}

const UNSORTED: FieldDoc['type'][] = [
  'choices',
  'json',
  'address',
  'location',
  'lines',
  'links',
  'files',
  'file',
  'image',
  'signature',
];
const WIDTHS: Partial<Record<FieldDoc['type'], number>> = {
  boolean: 80,
  integer: 100,
  decimal: 130,
  money: 150,
  percent: 90,
  quantity: 120,
  date: 120,
  datetime: 160,
  time: 90,
  state: 120,
  choice: 140,
  currency: 90,
  country: 130,
  auto_number: 150,
  reference: 220,
  user: 120,
  links: 260,
  image: 72,
  signature: 72,
  file: 160,
  files: 120,
  long_text: 280,
};

/** The sibling of the path's last field: `customer.total` and `currency` make `customer.currency`. */
function sibling(path: string, name: string): string {
  const at = path.lastIndexOf('.');
  return at < 0 ? name : `${path.slice(0, at + 1)}${name}`;
}

function columnOf(catalog: Catalog, entity: Entity, path: string, width?: number): ListColumn | undefined {
  const end = fieldAt(catalog, entity, path);
  if (!end || end.field.type === 'lines' || (end.field.type === 'links' && end.fields.length > 1)) {
    return undefined;
  }
  const field = valueField(catalog, end.entity, end.field);
  const target = ['reference', 'user', 'department'].includes(field.type)
    ? targetOf(catalog, end.entity, field)
    : undefined;
  const labelPath = target && target.label !== 'id' ? `${path}.${target.label}` : undefined;
  const readable = (name: string | undefined) =>
    name && end.entity.fields.has(name) ? sibling(path, name) : undefined;
  // A label alone says too little under a column that belongs to another record: say whose it is.
  const parent = end.fields.at(-2);
  const isLabel = parent && end.field.name === end.entity.label;
  return {
    path,
    title: isLabel ? parent.title : end.field.title,
    field,
    width: width ?? WIDTHS[field.type] ?? 180,
    numeric: isNumeric(field),
    sort: field.sensitive || UNSORTED.includes(field.type) ? undefined : (labelPath ?? path),
    labelPath,
    target: field.type === 'links' ? targetOf(catalog, end.entity, field) : undefined,
    currencyPath: field.type === 'money' && !field.currency ? readable(field.currency_field) : undefined,
    unitPath: undefined,
  };
}

const PLAIN: FieldDoc['type'][] = [
  'long_text',
  'rich_text',
  'json',
  'address',
  'lines',
  'links',
  'files',
  'image',
  'signature',
  'file',
];
const GENERATED = 7;

/** The view's columns; for an entity without a view its label and first fields. */
export function columnsOf(catalog: Catalog, entity: Entity, view: ViewDoc | undefined): ListColumn[] {
  const wanted = view?.columns?.length
    ? view.columns
    : entity.document.fields
        .filter((field) => !PLAIN.includes(field.type))
        .toSorted((a, b) => Number(b.name === entity.label) - Number(a.name === entity.label))
        .slice(0, GENERATED)
        .map((field) => ({ field: field.name, width: undefined }));
  return wanted.flatMap(({ field, width }) => columnOf(catalog, entity, field, width) ?? []);
}

/** Everything the columns need, each path once. */
export function requestedFields(columns: ListColumn[]): string {
  const paths = columns.flatMap((column) => [
    column.path,
    column.labelPath,
    column.currencyPath,
    column.unitPath,
  ]);
  return [...new Set(paths.filter((path) => path !== undefined))].join(',');
}

/** The links to come with their records, for their labels. */
export const expandedLinks = (columns: ListColumn[]) =>
  columns.flatMap(({ path, target }) => (target ? [path] : [])).join(',');

const textAt = (record: RecordData, path: string | undefined) => {
  const value = path === undefined ? undefined : record[path];
  return value === null || value === undefined ? undefined : String(value);
};

export const cellOf = (column: ListColumn, record: RecordData) => ({
  field: column.field,
  value: record[column.path],
  label: textAt(record, column.labelPath),
  target: column.target,
  currency: textAt(record, column.currencyPath),
});

/** `-total,number` as a map of path to direction. */
export function readSort(sort: string | undefined): Map<string, 'ascending' | 'descending'> {
  const keys = (sort ?? '').split(',').filter(Boolean);
  return new Map(
    keys.map((key) =>
      key.startsWith('-') ? [key.slice(1), 'descending'] : [key.replace(/^\+/, ''), 'ascending'],
    ),
  );
}

/** What a press on a column's head makes of the order: upwards, downwards, the view's own. */
export function nextSort(sort: string | undefined, path: string): string | undefined {
  const now = readSort(sort).get(path);
  if (now === undefined) return path;
  return now === 'ascending' ? `-${path}` : undefined;
}
