// What every part of an open form needs, and the hooks that read one field of it.
import { createContext, use } from 'react';
import { useStore } from 'zustand';
import type { RecordData } from '../../api/records';
import type { Catalog, Entity } from '../../definition/catalog';
import type { BoolOrExpression, FieldDoc, NodeDoc } from '../../definition/documents';
import { evaluateTree } from '../../definition/live';
import { textIn } from '../../definition/text';
import { optionOf } from '../../fields/value-text';
import type { Locale } from '../../i18n/locale';
import type { FormState, FormStore } from './form-store';

export interface FormContext {
  store: FormStore;
  catalog: Catalog;
  entity: Entity;
  /** The expressions of the form's nodes: `<node id>:visible`. */
  expressions: Record<string, unknown>;
  /** Nothing can be changed: no right to, or archived. */
  readOnly: boolean;
  /** Runs a transition after saving. */
  onAction: (action: string) => void;
  isBusy: boolean;
}

const Context = createContext<FormContext | null>(null);
export const FormProvider = Context;

export function useForm(): FormContext {
  const value = use(Context);
  if (!value) throw new Error('FormProvider is missing');
  return value;
}

export function useFormState<T>(select: (state: FormState) => T): T {
  return useStore(useForm().store, select);
}

/** The record as expressions see it: fields, and lines as lists of rows. */
export function recordOf(state: FormState): RecordData {
  const lines = Object.entries(state.lines).map(([name, rows]) => [name, rows.map((row) => row.values)]);
  return { ...state.values, ...Object.fromEntries(lines) };
}

/** A condition of a node; what the browser cannot evaluate is `otherwise`. */
export function useCondition(
  node: NodeDoc,
  key: 'visible' | 'required' | 'readonly',
  otherwise: boolean,
): boolean {
  const { expressions } = useForm();
  const condition: BoolOrExpression | undefined = node[key];
  const tree = typeof condition === 'string' && node.id ? expressions[`${node.id}:${key}`] : undefined;
  const result = useFormState((state) =>
    tree === undefined ? undefined : evaluateTree(tree, recordOf(state)),
  );
  if (typeof condition === 'boolean') return condition;
  return typeof result === 'boolean' ? result : otherwise;
}

/** Whether a field must have a value: by its node or by its entity. */
export function useRequired(node: NodeDoc, field: FieldDoc): boolean {
  const { entity } = useForm();
  const byNode = useCondition(node, 'required', false);
  const tree = typeof field.required === 'string' ? entity.expressions[`required:${field.name}`] : undefined;
  const byField = useFormState((state) =>
    tree === undefined ? undefined : evaluateTree(tree, recordOf(state)),
  );
  return byNode || field.required === true || byField === true;
}

/** The currency and unit that belong to a number of a record or line. */
export function measuresOf(entity: Entity, field: FieldDoc, values: RecordData, locale: Locale) {
  const currency = field.currency ?? (field.currency_field ? values[field.currency_field] : undefined);
  const unitField = field.unit_field ? entity.fields.get(field.unit_field) : undefined;
  const unitValue = unitField ? values[unitField.name] : field.unit;
  const option = unitField ? optionOf(unitField, unitValue) : undefined;
  return {
    currency: typeof currency === 'string' ? currency : undefined,
    unit: option ? textIn(option.title, locale) : typeof unitValue === 'string' ? unitValue : undefined,
  };
}
