// One of a short list.
import { ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from 'react-aria-components/Button';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { Select as AriaSelect, SelectValue } from 'react-aria-components/Select';
import { FieldLabel, FieldNotes, type FieldProps } from './Field';
import fieldCss from './Field.module.css';
import css from './Select.module.css';

export interface Option {
  id: string;
  label: string;
  mark?: ReactNode;
}

interface Props extends FieldProps {
  options: Option[];
  value: string | null;
  onChange: (value: string | null) => void;
  /** The text of the entry that empties the field; none if left out. */
  emptyLabel?: string | undefined;
  className?: string;
}

const EMPTY = '';

export function Select({ options, value, onChange, emptyLabel, className, ...field }: Props) {
  const items = emptyLabel === undefined ? options : [{ id: EMPTY, label: emptyLabel }, ...options];
  return (
    <AriaSelect
      className={`${fieldCss.field} ${className ?? ''}`}
      value={value ?? (emptyLabel === undefined ? null : EMPTY)}
      onChange={(key) => onChange(key === EMPTY ? null : String(key))}
      isInvalid={Boolean(field.error)}
      isDisabled={field.isDisabled || field.isReadOnly || false}
      validationBehavior="aria"
    >
      <FieldLabel {...field} />
      <Button className={`${fieldCss.input} ${css.trigger}`}>
        <SelectValue className={css.value}>
          {({ isPlaceholder, defaultChildren }) => (isPlaceholder ? '—' : defaultChildren)}
        </SelectValue>
        <ChevronDown size={16} aria-hidden />
      </Button>
      <FieldNotes help={field.help} error={field.error} />
      <Popover className={css.popover}>
        <ListBox items={items}>
          {(option) => (
            <ListBoxItem id={option.id} textValue={option.label} className={css.item}>
              {option.mark}
              {option.label}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
