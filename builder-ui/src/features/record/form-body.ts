// What a form sends: only what the person edited when saving, every input when evaluating.
import type { RecordData } from '../../api/records';
import { type Catalog, type Entity, isInput, targetOf } from '../../definition/catalog';
import type { FormData, LineRow, Shape } from './form-store';

export interface Body {
  record: RecordData;
  /** The keys of the rows in each array of lines, in the order in which they are sent. */
  sent: Record<string, string[]>;
}

/** Rows that nobody touched yet are not part of the record. */
const isBlank = (row: LineRow) => row.id === undefined && Object.keys(row.edited).length === 0;

const only = (values: RecordData, names: string[]): RecordData =>
  Object.fromEntries(names.filter((name) => name in values).map((name) => [name, values[name] ?? null]));

function lineBody(row: LineRow): RecordData {
  const cells = only(row.values, Object.keys(row.edited));
  return row.id === undefined ? cells : { id: row.id, ...cells };
}

function withLines(
  form: FormData,
  record: RecordData,
  names: string[],
  body: (row: LineRow, field: string) => RecordData,
): Body {
  const sent: Record<string, string[]> = {};
  const result = { ...record };
  for (const [name, texts] of Object.entries(form.texts)) if (name in result) result[name] = texts;
  for (const name of names) {
    const rows = (form.lines[name] ?? []).filter((row) => !isBlank(row));
    sent[name] = rows.map((row) => row.key);
    result[name] = rows.map((row) => body(row, name));
  }
  return { record: result, sent };
}

/** For saving: edited fields, and every array of lines in which something was edited. */
export function saveBody(form: FormData): Body {
  const edited = Object.keys(form.edited);
  const lines = edited.filter((name) => name in form.lines);
  const fields = edited.filter((name) => !(name in form.lines));
  return withLines(form, only(form.values, fields), lines, lineBody);
}

/** The fields of an entity that a person may write. */
const inputs = (entity: Entity) =>
  entity.document.fields
    .filter((field) => isInput(entity, field) && field.type !== 'lines')
    .map((field) => field.name);

/**
 * For evaluating. A new record sends what was edited, so that the rest takes its defaults; a stored one sends
 * every input, and new rows of it again only what was edited.
 */
export function evaluateBody(form: FormData, entity: Entity, catalog: Catalog): Body {
  const lines = Object.keys(form.lines);
  if (form.id === undefined) {
    const edited = Object.keys(form.edited).filter((name) => !(name in form.lines));
    return withLines(form, only(form.values, edited), lines, lineBody);
  }
  const record = { id: form.id, ...only(form.values, inputs(entity)) };
  return withLines(form, record, lines, (row, name) => {
    const field = entity.fields.get(name);
    const target = field ? targetOf(catalog, entity, field) : undefined;
    return row.id === undefined || !target
      ? lineBody(row)
      : { id: row.id, ...only(row.values, inputs(target)) };
  });
}

const REFERENCES = ['reference', 'user', 'department', 'links'];

const referencesOf = (entity: Entity) =>
  new Set(
    [...entity.fields.values()].filter((field) => REFERENCES.includes(field.type)).map((field) => field.name),
  );

/** Which fields are lines and which are references, for reading a record into a form. */
export function shapeOf(entity: Entity, catalog: Catalog): Shape {
  const lines: Shape['lines'] = {};
  for (const field of entity.document.fields) {
    if (field.type !== 'lines') continue;
    const target = targetOf(catalog, entity, field);
    lines[field.name] = target ? referencesOf(target) : new Set();
  }
  return { lines, references: referencesOf(entity) };
}

/** The paths to expand so that every reference comes with its label. */
export function expandOf(entity: Entity, catalog: Catalog): string {
  const shape = shapeOf(entity, catalog);
  const readable = (of: Entity, name: string) => {
    const field = of.fields.get(name);
    return field !== undefined && targetOf(catalog, of, field) !== undefined;
  };
  const own = [...shape.references].filter((name) => readable(entity, name));
  const inLines = Object.entries(shape.lines).flatMap(([lines, references]) => {
    const field = entity.fields.get(lines);
    const target = field ? targetOf(catalog, entity, field) : undefined;
    if (!target) return [];
    const wanted = [...references].filter(
      (name) => !target.fields.get(name)?.system && readable(target, name),
    );
    return wanted.map((name) => `${lines}.${name}`);
  });
  return [...own, ...inLines].join(',');
}
