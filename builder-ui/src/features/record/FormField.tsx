// One field of a form: its input, or its value where it cannot be changed.
import { useEffect, useRef, useState } from 'react';
import { isInput, targetOf, valueField } from '../../definition/catalog';
import type { FieldDoc, NodeDoc } from '../../definition/documents';
import { FieldInput } from '../../fields/FieldInput';
import { FieldValue } from '../../fields/FieldValue';
import fieldsCss from '../../fields/fields.module.css';
import { isMask } from '../../fields/mask';
import { useReferenceLabel } from '../../fields/references';
import { isOther } from '../../fields/texts';
import { useI18n } from '../../i18n/I18n';
import css from './form.module.css';
import { measuresOf, useCondition, useForm, useFormState, useRequired } from './form-context';
import { MaskedField } from './MaskedField';
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
      {masked ? (
        <MaskedField
          field={shown}
          label={label}
          value={value}
          currency={currency}
          unit={unit}
          error={error}
          onChange={locked ? undefined : () => setReplacing(true)}
        />
      ) : locked ? (
        <ReadOnlyField
          field={shown}
          label={label}
          value={value}
          currency={currency}
          unit={unit}
          error={error}
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

interface ReadOnlyProps {
  field: FieldDoc;
  label: string;
  value: unknown;
  currency: string | undefined;
  unit: string | undefined;
  error: string | undefined;
}

function ReadOnlyField({ field, label, value, currency, unit, error }: ReadOnlyProps) {
  const { catalog, entity } = useForm();
  const { t, text } = useI18n();
  const isReference = ['reference', 'user', 'department'].includes(field.type);
  // A number that a transition gives is not forgotten: it says when it comes.
  const giver =
    field.assign_on && (value === null || value === undefined)
      ? entity.state?.transitions?.find((transition) => transition.action === field.assign_on)
      : undefined;
  const reference = useReferenceLabel(targetOf(catalog, entity, field), isReference ? value : null);
  return (
    <dl className={fieldsCss.readonly}>
      <dt className={fieldsCss.readonlyLabel}>{label}</dt>
      <dd className={fieldsCss.readonlyValue}>
        {giver ? (
          <span className={fieldsCss.pending}>
            {t('record.assignedOn', { action: text(giver.title) || giver.action })}
          </span>
        ) : (
          <FieldValue
            field={field}
            value={value}
            label={reference}
            target={field.type === 'links' ? targetOf(catalog, entity, field) : undefined}
            currency={currency}
            unit={unit}
          />
        )}
      </dd>
      {error ? <dd className={fieldsCss.error}>{error}</dd> : null}
    </dl>
  );
}
