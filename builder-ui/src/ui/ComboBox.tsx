// A text box that searches a long list, on the page or at the server.
import { ChevronDown, X } from 'lucide-react';
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { ComboBox as AriaComboBox } from 'react-aria-components/ComboBox';
import { Group } from 'react-aria-components/Group';
import { Input } from 'react-aria-components/Input';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { useI18n } from '../i18n/I18n';
import { FieldLabel, FieldNotes, type FieldProps } from './Field';
import fieldCss from './Field.module.css';
import type { Option } from './Select';
import css from './Select.module.css';

interface Props extends FieldProps {
  /** What is chosen, with its text: the list need not hold it. */
  value: Option | null;
  onChange: (value: Option | null) => void;
  /** What to offer for the text in the box. */
  options: Option[];
  onSearch: (text: string) => void;
  isLoading?: boolean;
  placeholder?: string | undefined;
}

export function ComboBox({ value, onChange, options, onSearch, isLoading, placeholder, ...field }: Props) {
  const { t } = useI18n();
  const [draft, setDraft] = useState<string | null>(null);
  const type = (text: string) => {
    if (text === (value?.label ?? '') && draft === null) return;
    setDraft(text);
    onSearch(text);
  };
  const choose = (key: string | number | null) => {
    const option = options.find((candidate) => candidate.id === String(key));
    setDraft(null);
    onSearch('');
    if (option) onChange(option);
    else if (key === null && draft === '') onChange(null);
  };
  return (
    <AriaComboBox
      className={fieldCss.field}
      inputValue={draft ?? value?.label ?? ''}
      onInputChange={type}
      value={value?.id ?? null}
      onChange={choose}
      onOpenChange={(open) => open && onSearch(draft ?? '')}
      onBlur={() => {
        if (draft?.trim() === '') onChange(null);
        setDraft(null);
      }}
      items={options}
      allowsEmptyCollection
      menuTrigger="input"
      isInvalid={Boolean(field.error)}
      isRequired={Boolean(field.isRequired)}
      isReadOnly={Boolean(field.isReadOnly)}
      isDisabled={Boolean(field.isDisabled)}
      validationBehavior="aria"
    >
      <FieldLabel {...field} />
      <Group className={fieldCss.group} isInvalid={Boolean(field.error)}>
        <Input placeholder={placeholder} />
        {value && !field.isReadOnly ? (
          <button
            type="button"
            tabIndex={-1}
            aria-label={t('field.clear', { field: field.label })}
            onClick={() => onChange(null)}
          >
            <X size={14} aria-hidden />
          </button>
        ) : null}
        <Button>
          <ChevronDown size={16} aria-hidden />
        </Button>
      </Group>
      <FieldNotes help={field.help} error={field.error} />
      <Popover className={css.popover}>
        <ListBox
          renderEmptyState={() => (
            <div className={css.empty}>{t(isLoading ? 'common.loading' : 'field.nothingFound')}</div>
          )}
        >
          {(option: Option) => (
            <ListBoxItem id={option.id} textValue={option.label} className={css.item}>
              {option.label}
              {option.mark ? <span className={css.detail}>{option.mark}</span> : null}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaComboBox>
  );
}
