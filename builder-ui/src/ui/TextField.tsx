// A text box of one or several lines.
import type { KeyboardEvent } from 'react';
import { Input } from 'react-aria-components/Input';
import { TextArea } from 'react-aria-components/TextArea';
import { TextField as AriaTextField } from 'react-aria-components/TextField';
import { FieldLabel, FieldNotes, type FieldProps } from './Field';
import css from './Field.module.css';

interface Props extends FieldProps {
  value: string;
  onChange: (value: string) => void;
  onBlur?: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
  multiline?: boolean;
  type?: 'text' | 'password' | 'email' | 'tel' | 'url';
  inputMode?: 'text' | 'decimal' | 'numeric';
  name?: string;
  autoComplete?: string;
  maxLength?: number | undefined;
  placeholder?: string | undefined;
  autoFocus?: boolean;
  className?: string | undefined;
  affix?: string | undefined;
}

export function TextField(props: Props) {
  const { label, hideLabel, help, error, multiline, className, affix, isRequired, placeholder, ...rest } =
    props;
  const numeric = rest.inputMode === 'decimal' || rest.inputMode === 'numeric';
  const input = (
    <Input className={affix ? 'num' : `${css.input} ${numeric ? 'num' : ''}`} placeholder={placeholder} />
  );
  return (
    <AriaTextField
      {...rest}
      className={`${css.field} ${className ?? ''}`}
      isInvalid={Boolean(error)}
      isRequired={Boolean(isRequired)}
      validationBehavior="aria"
    >
      <FieldLabel label={label} hideLabel={hideLabel ?? false} isRequired={isRequired} />
      {multiline ? (
        <TextArea className={css.input} rows={3} />
      ) : affix ? (
        <span className={css.group} data-invalid={error ? '' : undefined}>
          {input}
          <span className={css.affix}>{affix}</span>
        </span>
      ) : (
        input
      )}
      <FieldNotes help={help} error={error} />
    </AriaTextField>
  );
}
