// A record of another entity, found by typing part of its label.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Entity } from '../definition/catalog';
import { useI18n } from '../i18n/I18n';
import { ComboBox } from '../ui/ComboBox';
import type { FieldProps } from '../ui/Field';
import { rememberLabel, useReferenceLabel, useReferenceSearch } from './references';

interface Props extends FieldProps {
  entity: Entity | undefined;
  value: string | null;
  onChange: (value: string | null) => void;
}

export function ReferenceInput({ entity, value, onChange, ...field }: Props) {
  const { t, text } = useI18n();
  const client = useQueryClient();
  const [search, setSearch] = useState<string | null>(null);
  const label = useReferenceLabel(entity, value);
  const found = useReferenceSearch(entity, search ?? '', search !== null);
  const options = (found.data ?? []).map(({ id, label: name, detail }) => ({
    id,
    label: name,
    mark: detail,
  }));
  return (
    <ComboBox
      {...field}
      value={value ? { id: value, label } : null}
      options={options}
      isLoading={found.isFetching}
      onSearch={setSearch}
      placeholder={entity ? t('field.search', { what: text(entity.document.title) }) : undefined}
      onChange={(option) => {
        if (option && entity) rememberLabel(client, entity.key, option.id, option.label);
        onChange(option?.id ?? null);
      }}
    />
  );
}
