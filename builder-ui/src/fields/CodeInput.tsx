// A country, currency or language, found by code or name.
import { useMemo, useState } from 'react';
import { useI18n } from '../i18n/I18n';
import { ComboBox } from '../ui/ComboBox';
import type { FieldProps } from '../ui/Field';
import { type CodeKind, codeLabel, codeList } from './codes';

interface Props extends FieldProps {
  kind: CodeKind;
  value: string | null;
  onChange: (value: string | null) => void;
}

export function CodeInput({ kind, value, onChange, ...field }: Props) {
  const { locale } = useI18n();
  const [search, setSearch] = useState('');
  const all = useMemo(() => codeList(kind, locale), [kind, locale]);
  const wanted = search.trim().toLowerCase();
  const options = useMemo(
    () => (wanted ? all.filter((code) => code.label.toLowerCase().includes(wanted)) : all),
    [all, wanted],
  );
  return (
    <ComboBox
      {...field}
      value={value ? { id: value, label: codeLabel(kind, value, locale) } : null}
      options={options}
      onSearch={setSearch}
      onChange={(option) => onChange(option?.id ?? null)}
    />
  );
}
