// A field of a form that is not edited: its value, or a hidden one that can be looked at and replaced.
import { Pencil } from 'lucide-react';
import { useCallback } from 'react';
import { revealField } from '../../api/records';
import { targetOf } from '../../definition/catalog';
import type { FieldDoc } from '../../definition/documents';
import { FieldValue } from '../../fields/FieldValue';
import css from '../../fields/fields.module.css';
import { isMask } from '../../fields/mask';
import { useReferenceLabel } from '../../fields/references';
import { RevealButton, useReveal } from '../../fields/reveal';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import { useForm, useFormState } from './form-context';

interface Props {
  field: FieldDoc;
  label: string;
  value: unknown;
  currency: string | undefined;
  unit: string | undefined;
  error: string | undefined;
  /** Opens the input over a hidden value; left out where the field cannot be changed. */
  onReplace?: (() => void) | undefined;
}

export function ReadOnlyField({ field, label, value, currency, unit, error, onReplace }: Props) {
  const { catalog, entity } = useForm();
  const { t, text } = useI18n();
  const id = useFormState((state) => state.id);
  const ask = useCallback(
    () => (id === undefined ? Promise.resolve(undefined) : revealField(entity.key, id, field.name)),
    [entity.key, id, field.name],
  );
  const reveal = useReveal(value, id === undefined ? undefined : ask);
  const isReference = ['reference', 'user', 'department'].includes(field.type);
  // A number that a transition gives is not forgotten: it says when it comes.
  const giver =
    field.assign_on && (value === null || value === undefined)
      ? entity.state?.transitions?.find((transition) => transition.action === field.assign_on)
      : undefined;
  const reference = useReferenceLabel(targetOf(catalog, entity, field), isReference ? value : null);
  const shown = (
    <FieldValue
      field={field}
      value={reveal.value}
      label={reference}
      target={field.type === 'links' ? targetOf(catalog, entity, field) : undefined}
      currency={currency}
      unit={unit}
    />
  );
  const message = error ?? reveal.failed;
  return (
    <dl className={css.readonly}>
      <dt className={css.readonlyLabel}>{label}</dt>
      {isMask(value) ? (
        <dd className={css.maskedValue}>
          <span className={css.maskedText} data-revealed={reveal.isShown || undefined}>
            {shown}
          </span>
          <RevealButton label={label} reveal={reveal} />
          {onReplace ? (
            <Button variant="quiet" icon aria-label={t('field.change', { field: label })} onPress={onReplace}>
              <Pencil size={16} aria-hidden />
            </Button>
          ) : null}
        </dd>
      ) : (
        <dd className={css.readonlyValue}>
          {giver ? (
            <span className={css.pending}>
              {t('record.assignedOn', { action: text(giver.title) || giver.action })}
            </span>
          ) : (
            shown
          )}
        </dd>
      )}
      {message ? <dd className={css.error}>{message}</dd> : null}
    </dl>
  );
}
