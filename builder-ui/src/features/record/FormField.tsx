// One field of a form: its input, or its value where it cannot be changed.
import { useEffect, useRef, useState } from 'react';
import { isInput, targetOf, valueField } from '../../definition/catalog';
import type { FieldDoc, NodeDoc } from '../../definition/documents';
import { FieldInput } from '../../fields/FieldInput';
import { isMask } from '../../fields/mask';
import { isOther } from '../../fields/texts';
import { useI18n } from '../../i18n/I18n';
import css from './form.module.css';
import { measuresOf, useCondition, useForm, useFormState, useRequired } from './form-context';
import { ReadOnlyField } from './ReadOnlyField';
import { TextsButton, useLocales } from './TextsButton';

export function FormField({ node }: { node: NodeDoc }) {
  const { entity } = useForm();
  const field = node.field ? entity.fields.get(node.field) : undefined;
  const visible = useCondition(node, 'visible', true);
  return field && visible ? <ShownField node={node} field={field} /> : null;
}

function ShownField({ node, field }: { node: NodeDoc; field: FieldDoc }) {
  const { store, catalog, entity, readOnly } = useForm();
  const { locale, text } = useI18n();
  const box = useRef<HTMLDivElement>(null);
  const [replacing, setReplacing] = useState(false);
  const value = useFormState((state) => state.values[field.name]);
  const error = useFormState((state) => state.errors[field.name]);
  const focused = useFormState((state) => state.focus?.field === field.name && state.focus.row === undefined);
  const shown = valueField(catalog, entity, field);
  const currency = useFormState((state) => measuresOf(entity, shown, state.values, locale).currency);
  const unit = useFormState((state) => measuresOf(entity, shown, state.values, locale).unit);
  const required = useRequired(node, field);
  const locked = useCondition(node, 'readonly', false) || readOnly || !isInput(entity, field);
  useEffect(() => {
    if (!focused) return;
    box.current?.querySelector<HTMLElement>('input:not([hidden]), textarea, button')?.focus();
    store.getState().focusDone();
  }, [focused, store]);
  useEffect(() => {
    if (!isMask(value)) setReplacing(false);
  }, [value]);
  const label = text(field.title) || field.name;
  const first = useLocales()[0] ?? locale;
  const enter = (next: unknown) => {
    const { id, texts, set, setTexts } = store.getState();
    const known = texts[field.name];
    // Who empties a text in their language takes away theirs, not those of others.
    const empties = next === null && id !== undefined && isOther(locale, first);
    if (field.translatable && (known || empties)) {
      const own = next as string | null;
      setTexts(field.name, { ...known, [locale]: own }, own);
    } else set(field.name, next);
  };
  const masked = isMask(value) && !(replacing && !locked);
  return (
    <div
      ref={box}
      className={css.slot}
      data-translatable={(field.translatable && !locked) || undefined}
      style={{ '--span': node.span ?? 1 } as React.CSSProperties}
      data-field={field.name}
    >
      {masked || locked ? (
        <ReadOnlyField
          field={shown}
          label={label}
          value={value}
          currency={currency}
          unit={unit}
          error={error}
          onReplace={locked ? undefined : () => setReplacing(true)}
        />
      ) : (
        <FieldInput
          field={field}
          label={label}
          help={text(field.help)}
          value={value ?? null}
          onChange={enter}
          target={targetOf(catalog, entity, field)}
          currency={currency}
          unit={unit}
          isRequired={required}
          error={error}
        />
      )}
      {field.translatable && !locked ? <TextsButton field={field} label={label} /> : null}
    </div>
  );
}
