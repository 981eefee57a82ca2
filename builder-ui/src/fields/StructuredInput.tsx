// Addresses, places on the map and free JSON.
import { useState } from 'react';
import { useI18n } from '../i18n/I18n';
import { DecimalInput } from '../ui/DecimalInput';
import type { FieldProps } from '../ui/Field';
import { TextField } from '../ui/TextField';
import { CodeInput } from './CodeInput';
import css from './fields.module.css';

type Structure = Record<string, unknown>;

interface Props extends FieldProps {
  value: unknown;
  onChange: (value: unknown) => void;
}

const structureOf = (value: unknown): Structure =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Structure) : {};

/** Empty parts are left out; nothing left is no value. */
function withPart(value: unknown, part: string, next: unknown): Structure | null {
  const { [part]: _, ...rest } = structureOf(value);
  const merged = next === null || next === '' ? rest : { ...rest, [part]: next };
  return Object.keys(merged).length > 0 ? merged : null;
}

function Group({ field, children }: { field: FieldProps; children: React.ReactNode }) {
  return (
    <fieldset className={css.fieldset}>
      <legend className={css.legend} data-required={field.isRequired || undefined}>
        {field.label}
      </legend>
      <div className={css.parts}>{children}</div>
      {field.error ? <p className={css.error}>{field.error}</p> : null}
    </fieldset>
  );
}

export function AddressInput({ value, onChange, ...field }: Props) {
  const { t } = useI18n();
  const parts = structureOf(value);
  return (
    <Group field={field}>
      {(['street', 'city', 'region', 'postal_code'] as const).map((part) => (
        <TextField
          key={part}
          label={t(`address.${part}`)}
          value={String(parts[part] ?? '')}
          isReadOnly={field.isReadOnly}
          onChange={(text) => onChange(withPart(value, part, text))}
        />
      ))}
      <CodeInput
        kind="country"
        label={t('address.country')}
        value={typeof parts.country === 'string' ? parts.country : null}
        isReadOnly={field.isReadOnly}
        onChange={(code) => onChange(withPart(value, 'country', code))}
      />
    </Group>
  );
}

export function LocationInput({ value, onChange, ...field }: Props) {
  const { t } = useI18n();
  const parts = structureOf(value);
  return (
    <Group field={field}>
      {(['latitude', 'longitude'] as const).map((part) => (
        <DecimalInput
          key={part}
          label={t(`location.${part}`)}
          value={parts[part] === undefined ? null : String(parts[part])}
          isReadOnly={field.isReadOnly}
          onChange={(number) => onChange(withPart(value, part, number))}
        />
      ))}
    </Group>
  );
}

export function JsonInput({ value, onChange, ...field }: Props) {
  const { t } = useI18n();
  const [draft, setDraft] = useState<string | null>(null);
  const [wrong, setWrong] = useState(false);
  const stored = value === null || value === undefined ? '' : JSON.stringify(value, null, 2);
  const type = (text: string) => {
    setDraft(text);
    try {
      onChange(text.trim() === '' ? null : JSON.parse(text));
      setWrong(false);
    } catch {
      setWrong(true);
    }
  };
  return (
    <TextField
      {...field}
      multiline
      className={css.mono}
      value={draft ?? stored}
      onChange={type}
      onBlur={() => !wrong && setDraft(null)}
      error={wrong ? t('field.notJson') : field.error}
    />
  );
}
