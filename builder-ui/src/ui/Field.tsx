// What every form control has around it: label, required mark, help, error.
import type { ReactNode } from 'react';
import { Label } from 'react-aria-components/Label';
import { Text } from 'react-aria-components/Text';
import css from './Field.module.css';

export interface FieldProps {
  label: string;
  /** The label is spoken, not shown (table cells, filters). */
  hideLabel?: boolean;
  help?: string | undefined;
  error?: string | undefined;
  isRequired?: boolean | undefined;
  isReadOnly?: boolean | undefined;
  isDisabled?: boolean | undefined;
}

export function FieldLabel({ label, hideLabel, isRequired }: FieldProps) {
  return (
    <Label className={hideLabel ? 'sr' : css.label} data-required={isRequired || undefined}>
      {label}
    </Label>
  );
}

/** Help and error below the control; both belong to its description. */
export function FieldNotes({ help, error }: Pick<FieldProps, 'help' | 'error'>): ReactNode {
  if (error) {
    return (
      <Text slot="description" className={css.error}>
        {error}
      </Text>
    );
  }
  return help ? (
    <Text slot="description" className={css.help}>
      {help}
    </Text>
  ) : null;
}
