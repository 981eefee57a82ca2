// The input of a field by its type.
import type { Entity } from '../definition/catalog';
import type { FieldDoc } from '../definition/documents';
import { useI18n } from '../i18n/I18n';
import { Checkbox } from '../ui/Checkbox';
import { DateInput } from '../ui/DateInput';
import { DecimalInput } from '../ui/DecimalInput';
import type { FieldProps } from '../ui/Field';
import { Select } from '../ui/Select';
import { TextField } from '../ui/TextField';
import { CodeInput } from './CodeInput';
import { FilesInput } from './FilesInput';
import css from './fields.module.css';
import { LinksInput } from './LinksInput';
import { isMask } from './mask';
import { ChoicesInput, ColorInput, DurationInput, MomentInput, RatingInput, TimeInput } from './PartInputs';
import { ReferenceInput } from './ReferenceInput';
import { AddressInput, JsonInput, LocationInput } from './StructuredInput';
import { optionsOf, shownDigits } from './value-text';

interface Props extends FieldProps {
  field: FieldDoc;
  value: unknown;
  onChange: (value: unknown) => void;
  /** The entity of a reference, user or department. */
  target?: Entity | undefined;
  currency?: string | undefined;
  unit?: string | undefined;
}

const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);
const numberText = (value: unknown) => (value === null || value === undefined ? null : String(value));

/** Integers travel as numbers while they fit one exactly, as the API wants them. */
function wholeNumber(text: string | null): unknown {
  if (text === null) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

export function FieldInput({ field, value: given, onChange, target, currency, unit, ...rest }: Props) {
  const { t, text } = useI18n();
  // A hidden value is not edited but replaced; the input stays the same one while it is.
  const masked = isMask(given);
  const value = masked ? null : given;
  const props = masked ? { ...rest, help: t('field.replaceMasked') } : rest;
  const asText = { ...props, value: textOrNull(value), onChange };
  const asNumber = { ...props, value: numberText(value), onChange, digits: shownDigits(field, currency) };
  switch (field.type) {
    case 'integer':
      return <DecimalInput {...asNumber} whole onChange={(next) => onChange(wholeNumber(next))} />;
    case 'decimal':
      return <DecimalInput {...asNumber} />;
    case 'money':
      return <DecimalInput {...asNumber} affix={field.currency ?? currency} />;
    case 'quantity':
      return <DecimalInput {...asNumber} affix={field.unit ?? unit} />;
    case 'percent':
      return <DecimalInput {...asNumber} percent />;
    case 'boolean':
      return (
        <div className={css.checks}>
          <Checkbox
            isSelected={value === true}
            onChange={onChange}
            isReadOnly={props.isReadOnly}
            isInvalid={Boolean(props.error)}
          >
            {props.label}
          </Checkbox>
          {props.error ? <p className={css.error}>{props.error}</p> : null}
        </div>
      );
    case 'date':
      return <DateInput {...asText} />;
    case 'datetime':
      return <MomentInput {...asText} />;
    case 'time':
      return <TimeInput {...asText} />;
    case 'duration':
      return (
        <DurationInput {...props} value={typeof value === 'number' ? value : null} onChange={onChange} />
      );
    case 'choice': {
      const offered = optionsOf(field).filter((option) => !option.retired || option.name === value);
      return (
        <Select
          {...asText}
          options={offered.map((option) => ({ id: option.name, label: text(option.title) }))}
          emptyLabel={props.isRequired ? undefined : t('common.none')}
        />
      );
    }
    case 'choices':
      return (
        <ChoicesInput
          {...props}
          doc={field}
          value={Array.isArray(value) ? value.map(String) : null}
          onChange={onChange}
        />
      );
    case 'reference':
    case 'user':
    case 'department':
      return <ReferenceInput {...asText} entity={target} />;
    case 'links':
      return (
        <LinksInput
          {...props}
          entity={target}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={onChange}
        />
      );
    case 'country':
    case 'currency':
    case 'language':
      return <CodeInput {...asText} kind={field.type} />;
    case 'rating':
      return (
        <RatingInput
          {...props}
          max={Number(field.maximum ?? 5)}
          value={typeof value === 'number' ? value : null}
          onChange={onChange}
        />
      );
    case 'color':
      return <ColorInput {...asText} />;
    case 'address':
      return <AddressInput {...props} value={value} onChange={onChange} />;
    case 'location':
      return <LocationInput {...props} value={value} onChange={onChange} />;
    case 'file':
    case 'files':
    case 'image':
    case 'signature':
      return <FilesInput {...props} field={field} value={value} onChange={onChange} />;
    case 'json':
      return <JsonInput {...props} value={value} onChange={onChange} />;
    default: {
      const kinds: Partial<Record<FieldDoc['type'], 'email' | 'tel' | 'url'>> = {
        email: 'email',
        phone: 'tel',
        url: 'url',
      };
      return (
        <TextField
          {...props}
          value={value === null || value === undefined ? '' : String(value)}
          onChange={(next) => onChange(next === '' ? null : next)}
          multiline={field.type === 'long_text' || field.type === 'rich_text'}
          type={kinds[field.type] ?? 'text'}
          maxLength={field.max_length}
        />
      );
    }
  }
}
