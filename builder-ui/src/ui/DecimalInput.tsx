// A number as exact text: shown in the reader's format, edited as plain digits, never a float.
import { useState } from 'react';
import { readDecimal, shiftDecimal } from '../definition/decimal';
import { formatNumber } from '../i18n/format';
import { useI18n } from '../i18n/I18n';
import type { FieldProps } from './Field';
import { TextField } from './TextField';

interface Props extends FieldProps {
  value: string | null;
  onChange: (value: string | null) => void;
  /** Fewest digits shown behind the point. */
  digits?: number;
  whole?: boolean;
  /** Shown and typed as per cent, kept as a fraction. */
  percent?: boolean;
  affix?: string | undefined;
}

export function DecimalInput({ value, onChange, digits = 0, whole, percent, affix, ...field }: Props) {
  const { locale, t } = useI18n();
  const [draft, setDraft] = useState<string | null>(null);
  const plain = value === null ? '' : percent ? shiftDecimal(value, 2) : value;
  const read = draft === null ? null : readDecimal(draft);
  const wrong = draft !== null && draft.trim() !== '' && (read === null || (whole && read.includes('.')));
  const type = (text: string) => {
    setDraft(text);
    const number = readDecimal(text);
    if (text.trim() === '') onChange(null);
    else if (number !== null) onChange(percent ? shiftDecimal(number, -2) : number);
  };
  return (
    <TextField
      {...field}
      inputMode={whole ? 'numeric' : 'decimal'}
      value={draft ?? formatNumber(plain, locale, digits)}
      onChange={type}
      onBlur={() => setDraft(null)}
      affix={percent ? '%' : affix}
      error={wrong ? t(whole ? 'field.notWhole' : 'field.notNumber') : field.error}
    />
  );
}
