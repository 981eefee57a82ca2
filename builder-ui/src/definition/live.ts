// Conditions and formulas that the browser can decide by itself, at every key.
import type { RecordData } from '../api/records';
import { type Catalog, type Entity, targetOf } from './catalog';
import { sumDecimals } from './decimal';
import type { ExpressionTree, FieldDoc } from './documents';
import { evaluate, NoValue } from './expression/evaluate';
import type { Tree } from './expression/tree';

/**
 * The value of a tree over a record; `undefined` when the browser cannot tell: a number half typed, a division by
 * zero, or `today()`, which is a day in the company's zone. The server decides those.
 */
export function evaluateTree(tree: ExpressionTree, record: RecordData): unknown {
  try {
    return evaluate(tree as Tree, record);
  } catch (error) {
    if (error instanceof NoValue) return undefined;
    throw error;
  }
}

/** Formulas may read formulas: after so many rounds the rest is left to the server. */
const ROUNDS = 3;

function formulas(entity: Entity): FieldDoc[] {
  return entity.document.fields.filter(
    (field) => field.type === 'formula' && entity.expressions[field.name] !== undefined,
  );
}

/** The values of a row's formulas, as far as the browser can tell. */
function computed(entity: Entity, row: RecordData): RecordData {
  const found: RecordData = {};
  const fields = formulas(entity);
  for (let round = 0; round < ROUNDS; round++) {
    for (const field of fields) {
      const value = evaluateTree(entity.expressions[field.name], { ...row, ...found });
      if (value !== undefined) found[field.name] = value;
    }
  }
  return found;
}

/** A roll-up of own lines; `undefined` for those that only the server computes. */
function rolledUp(field: FieldDoc, lines: RecordData[]): unknown {
  if (field.type !== 'rollup' || field.filter) return undefined;
  if (field.function === 'count') return lines.length;
  const name = field.field;
  return field.function === 'sum' && name ? sumDecimals(lines.map((line) => line[name])) : undefined;
}

export interface Derived {
  values: RecordData;
  /** Per `lines` field, the derived values of each row in order. */
  lines: Record<string, RecordData[]>;
}

/** Everything derived that follows from the record as it is on the screen. */
export function derive(catalog: Catalog, entity: Entity, record: RecordData): Derived {
  const derived: Derived = { values: {}, lines: {} };
  const whole = { ...record };
  for (const field of entity.document.fields) {
    const target = field.type === 'lines' ? targetOf(catalog, entity, field) : undefined;
    const rows = record[field.name];
    if (!target || !Array.isArray(rows)) continue;
    derived.lines[field.name] = rows.map((row: RecordData) => computed(target, row));
    whole[field.name] = rows.map((row: RecordData, index) => ({
      ...row,
      ...derived.lines[field.name]?.[index],
    }));
  }
  for (const field of entity.document.fields) {
    const rows = field.of ? whole[field.of] : undefined;
    const value = Array.isArray(rows) ? rolledUp(field, rows) : undefined;
    if (value !== undefined) derived.values[field.name] = value;
  }
  Object.assign(derived.values, computed(entity, { ...whole, ...derived.values }));
  return derived;
}
