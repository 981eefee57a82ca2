// A sensitive value on a form: hidden, shown on request, replaced by what is entered.
import { Eye, EyeOff, Pencil } from 'lucide-react';
import { useState } from 'react';
import { revealField } from '../../api/records';
import type { FieldDoc } from '../../definition/documents';
import { FieldValue } from '../../fields/FieldValue';
import css from '../../fields/fields.module.css';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import { useForm, useFormState } from './form-context';

interface Props {
  field: FieldDoc;
  label: string;
  /** The mask, as the server sent it. */
  value: unknown;
  currency: string | undefined;
  unit: string | undefined;
  error: string | undefined;
  /** Opens the input; left out where the field cannot be changed. */
  onChange?: (() => void) | undefined;
}

export function MaskedField({ field, label, value, currency, unit, error, onChange }: Props) {
  const { entity } = useForm();
  const { t } = useI18n();
  const id = useFormState((state) => state.id);
  const [shown, setShown] = useState<unknown>();
  const [failed, setFailed] = useState<string>();
  const reveal = async () => {
    if (id === undefined) return;
    try {
      setShown(await revealField(entity.key, id, field.name));
      setFailed(undefined);
    } catch (cause) {
      setFailed(cause instanceof Error ? cause.message : String(cause));
    }
  };
  const isShown = shown !== undefined;
  return (
    <dl className={css.readonly}>
      <dt className={css.readonlyLabel}>{label}</dt>
      <dd className={css.maskedValue}>
        <span className={css.maskedText} data-revealed={isShown || undefined}>
          <FieldValue field={field} value={isShown ? shown : value} currency={currency} unit={unit} />
        </span>
        <Button
          variant="quiet"
          icon
          aria-label={t(isShown ? 'field.hide' : 'field.reveal', { field: label })}
          onPress={() => (isShown ? setShown(undefined) : void reveal())}
        >
          {isShown ? <EyeOff size={16} aria-hidden /> : <Eye size={16} aria-hidden />}
        </Button>
        {onChange ? (
          <Button variant="quiet" icon aria-label={t('field.change', { field: label })} onPress={onChange}>
            <Pencil size={16} aria-hidden />
          </Button>
        ) : null}
      </dd>
      {(error ?? failed) ? <dd className={css.error}>{error ?? failed}</dd> : null}
    </dl>
  );
}
