// Several records of another entity: one is added by typing part of its label, each can be taken away by mouse and keyboard.
import { useQueryClient } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Tag, TagGroup, TagList } from 'react-aria-components/TagGroup';
import type { Entity } from '../definition/catalog';
import { useI18n } from '../i18n/I18n';
import { ComboBox } from '../ui/ComboBox';
import type { FieldProps } from '../ui/Field';
import fieldCss from '../ui/Field.module.css';
import css from './links.module.css';
import { rememberLabel, useReferenceLabels, useReferenceSearch } from './references';

interface Props extends FieldProps {
  entity: Entity | undefined;
  value: string[];
  onChange: (value: string[]) => void;
}

export function LinksInput({ entity, value, onChange, ...field }: Props) {
  const { t, text } = useI18n();
  const client = useQueryClient();
  const [search, setSearch] = useState<string | null>(null);
  const labels = useReferenceLabels(entity, value);
  const found = useReferenceSearch(entity, search ?? '', search !== null);
  const options = (found.data ?? [])
    .filter(({ id }) => !value.includes(id))
    .map(({ id, label, detail }) => ({ id, label, mark: detail }));
  const without = (gone: Set<unknown>) => onChange(value.filter((id) => !gone.has(id)));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the key is pressed in the box inside
    <div
      className={css.box}
      onKeyDown={(event) => {
        const input = event.target instanceof HTMLInputElement ? event.target : undefined;
        if (event.key === 'Backspace' && input?.value === '') onChange(value.slice(0, -1));
      }}
    >
      {/* The chips stand above the box: its list stays open for the next one. */}
      {field.hideLabel ? null : (
        <span aria-hidden className={fieldCss.label} data-required={field.isRequired || undefined}>
          {field.label}
        </span>
      )}
      {value.length > 0 ? (
        <TagGroup aria-label={t('field.chosen', { field: field.label })} onRemove={without}>
          <TagList className={css.chips}>
            {value.map((id, place) => (
              <Tag key={id} id={id} textValue={labels[place] || id} className={css.chip}>
                <span className={css.word}>{labels[place]}</span>
                <Button
                  slot="remove"
                  className={css.remove}
                  aria-label={t('field.removeLink', { name: labels[place] || id })}
                >
                  <X size={14} aria-hidden />
                </Button>
              </Tag>
            ))}
          </TagList>
        </TagGroup>
      ) : null}
      <ComboBox
        {...field}
        hideLabel
        value={null}
        options={options}
        isLoading={found.isFetching}
        onSearch={setSearch}
        placeholder={entity ? t('field.search', { what: text(entity.document.title) }) : undefined}
        onChange={(option) => {
          if (!option || !entity || value.includes(option.id)) return;
          rememberLabel(client, entity.key, option.id, option.label);
          onChange([...value, option.id]);
        }}
      />
    </div>
  );
}
