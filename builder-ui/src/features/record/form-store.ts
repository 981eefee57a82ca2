// The state of one form: what is shown, what the person edited, and what the server said about it.
import { produce } from 'immer';
import { createStore } from 'zustand';
import { randomKey } from '../../api/key';
import type { FieldError } from '../../api/problem';
import type { RecordData } from '../../api/records';
import type { Texts } from '../../fields/texts';

export interface LineRow {
  /** Stays the same while the form is open. */
  key: string;
  id: string | undefined;
  values: RecordData;
  edited: Record<string, true>;
}

/** A place on the form: a field, or a cell of a line. */
export interface Place {
  field: string;
  row?: string;
  column?: string;
}

export interface FormData {
  id: string | undefined;
  values: RecordData;
  lines: Record<string, LineRow[]>;
  edited: Record<string, true>;
  /** Of translatable fields whose languages were opened: all their texts; `values` has the one that is seen. */
  texts: Record<string, Texts>;
  /** Messages by `field` or `field/row key/column`. */
  errors: Record<string, string>;
  /** Messages that belong to no field on the form. */
  general: string[];
  /** A save was tried: from now on missing values are shown as well. */
  submitted: boolean;
  /** Counts the person's changes. */
  changes: number;
  /** Where the focus shall go. */
  focus: Place | undefined;
}

export interface FormState extends FormData {
  set: (field: string, value: unknown) => void;
  /** Gives a translatable field texts by language, of which `seen` is shown. */
  setTexts: (field: string, texts: Texts, seen: string | null) => void;
  setCells: (field: string, cells: { row: string; column: string; value: unknown }[]) => void;
  addLine: (field: string, at: number) => string;
  removeLine: (field: string, key: string) => void;
  merge: (evaluated: RecordData, sent: Record<string, string[]>, seen: number) => void;
  showErrors: (
    errors: FieldError[],
    sent: Record<string, string[]>,
    isShown: (field: string) => boolean,
  ) => void;
  /** Values that the browser derived itself. */
  applyDerived: (values: RecordData, lines: Record<string, RecordData[]>) => void;
  focusDone: () => void;
}

export const placeKey = ({ field, row, column }: Place) =>
  [field, row, column].filter((part) => part).join('/');

const newRow = (): LineRow => ({ key: randomKey(), id: undefined, values: {}, edited: {} });

/** A reference that came expanded is kept as its id, links as their ids. */
const plain = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(plain)
    : typeof value === 'object' && value !== null && 'id' in value
      ? value.id
      : value;

const plainValues = (record: RecordData, references: Set<string>): RecordData =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, references.has(name) ? plain(value) : value]),
  );

export interface Shape {
  /** The `lines` fields with the references inside their rows. */
  lines: Record<string, Set<string>>;
  references: Set<string>;
}

/** The state of a form that shows `record`; an empty one for a new record. */
export function formData(record: RecordData | undefined, shape: Shape): FormData {
  const lines: Record<string, LineRow[]> = {};
  for (const [field, references] of Object.entries(shape.lines)) {
    const stored = Array.isArray(record?.[field]) ? (record[field] as RecordData[]) : [];
    lines[field] = stored.map((row) => ({
      key: randomKey(),
      id: String(row.id),
      values: plainValues(row, references),
      edited: {},
    }));
    if (!record) lines[field] = [newRow()];
  }
  const values = plainValues(record ?? {}, shape.references);
  for (const field of Object.keys(shape.lines)) delete values[field];
  return {
    id: record ? String(record.id) : undefined,
    values,
    lines,
    edited: {},
    texts: {},
    errors: {},
    general: [],
    submitted: false,
    changes: 0,
    focus: undefined,
  };
}

/** `/lines/2/qty` as a place on the form; rows are counted as they were sent. */
export function placeOf(pointer: string, sent: Record<string, string[]>): Place | undefined {
  const [field, index, column] = pointer.split('/').slice(1);
  if (!field) return undefined;
  if (index === undefined) return { field };
  const row = sent[field]?.[Number(index)];
  if (!row) return { field };
  return column === undefined ? { field, row } : { field, row, column };
}

export type FormStore = ReturnType<typeof createFormStore>;

export function createFormStore(data: FormData) {
  return createStore<FormState>((put, get) => {
    const change = (recipe: (state: FormState) => void) =>
      put(
        produce((state: FormState) => {
          recipe(state);
          state.changes += 1;
        }),
      );
    return {
      ...data,
      set: (field, value) =>
        change((state) => {
          state.values[field] = value;
          state.edited[field] = true;
          delete state.errors[field];
        }),
      setTexts: (field, texts, seen) =>
        change((state) => {
          state.values[field] = seen;
          state.texts[field] = texts;
          state.edited[field] = true;
          delete state.errors[field];
        }),
      setCells: (field, cells) =>
        change((state) => {
          for (const { row, column, value } of cells) {
            const line = state.lines[field]?.find((candidate) => candidate.key === row);
            if (!line) continue;
            line.values[column] = value;
            line.edited[column] = true;
            delete state.errors[placeKey({ field, row, column })];
          }
          state.edited[field] = true;
          delete state.errors[field];
        }),
      addLine: (field, at) => {
        const row = newRow();
        put(
          produce((state: FormState) => {
            state.lines[field]?.splice(at, 0, row);
          }),
        );
        return row.key;
      },
      removeLine: (field, key) => {
        const row = get().lines[field]?.find((line) => line.key === key);
        const blank = !row?.id && Object.keys(row?.edited ?? {}).length === 0;
        const recipe = (state: FormState) => {
          state.lines[field] = (state.lines[field] ?? []).filter((line) => line.key !== key);
        };
        if (blank) put(produce(recipe));
        else {
          change((state) => {
            recipe(state);
            state.edited[field] = true;
          });
        }
      },
      // References come as ids here; an object is a value of its own, such as a file.
      merge: (evaluated, sent, seen) =>
        put(
          produce((state: FormState) => {
            if (state.changes !== seen) return;
            for (const [name, value] of Object.entries(evaluated)) {
              const keys = sent[name];
              if (keys && Array.isArray(value))
                mergeLines(state.lines[name] ?? [], keys, value as RecordData[]);
              else if (!state.edited[name] && !(name in state.lines)) state.values[name] = value ?? null;
            }
          }),
        ),
      showErrors: (errors, sent, isShown) =>
        put(
          produce((state: FormState) => {
            state.errors = {};
            state.general = [];
            state.submitted = true;
            state.focus = undefined;
            for (const { pointer, message, suggestion } of errors) {
              const place = placeOf(pointer, sent);
              const text = suggestion ? `${message} ${suggestion}` : message;
              if (!place || !isShown(place.field)) {
                state.general.push(text);
                continue;
              }
              state.errors[placeKey(place)] ??= text;
              state.focus ??= place;
            }
          }),
        ),
      applyDerived: (values, lines) =>
        put(
          produce((state: FormState) => {
            Object.assign(state.values, values);
            for (const [field, rows] of Object.entries(lines)) {
              for (const [index, row] of (state.lines[field] ?? []).entries())
                Object.assign(row.values, rows[index]);
            }
          }),
        ),
      focusDone: () => put({ focus: undefined }),
    };
  });
}

function mergeLines(rows: LineRow[], keys: string[], evaluated: RecordData[]) {
  for (const [index, key] of keys.entries()) {
    const row = rows.find((candidate) => candidate.key === key);
    for (const [column, value] of Object.entries(evaluated[index] ?? {})) {
      if (row && !row.edited[column] && column !== 'id') row.values[column] = value ?? null;
    }
  }
}
