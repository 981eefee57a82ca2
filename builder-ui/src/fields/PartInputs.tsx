// Small inputs that no other place needs: several choices, stars, colours, moments, times, durations.
import { Star } from 'lucide-react';
import { useState } from 'react';
import type { FieldDoc } from '../definition/documents';
import { formatDuration, readDuration } from '../i18n/format';
import { useI18n } from '../i18n/I18n';
import { Checkbox } from '../ui/Checkbox';
import { DateInput } from '../ui/DateInput';
import { readTime } from '../ui/date-text';
import type { FieldProps } from '../ui/Field';
import { TextField } from '../ui/TextField';
import css from './fields.module.css';
import { optionsOf } from './value-text';

interface Props<T> extends FieldProps {
  value: T | null;
  onChange: (value: T | null) => void;
}

export function ChoicesInput({ doc, value, onChange, ...field }: Props<string[]> & { doc: FieldDoc }) {
  const { text } = useI18n();
  const chosen = value ?? [];
  const offered = optionsOf(doc).filter((option) => !option.retired || chosen.includes(option.name));
  const toggle = (name: string, on: boolean) => {
    const next = offered.map((option) => option.name).filter((n) => (n === name ? on : chosen.includes(n)));
    onChange(next.length > 0 ? next : null);
  };
  return (
    <fieldset className={css.fieldset}>
      <legend className={field.hideLabel ? 'sr' : css.legend} data-required={field.isRequired || undefined}>
        {field.label}
      </legend>
      <div className={css.checks}>
        {offered.map((option) => (
          <Checkbox
            key={option.name}
            isSelected={chosen.includes(option.name)}
            isReadOnly={field.isReadOnly}
            onChange={(on) => toggle(option.name, on)}
          >
            {text(option.title)}
          </Checkbox>
        ))}
      </div>
      {field.error ? <p className={css.error}>{field.error}</p> : null}
    </fieldset>
  );
}

export function RatingInput({ value, onChange, max = 5, ...field }: Props<number> & { max?: number }) {
  const { t } = useI18n();
  return (
    <fieldset className={css.fieldset}>
      <legend className={field.hideLabel ? 'sr' : css.legend}>{field.label}</legend>
      <div className={css.stars}>
        {Array.from({ length: max }, (_, index) => index + 1).map((stars) => (
          <button
            key={stars}
            type="button"
            className={css.star}
            data-on={stars <= (value ?? 0) ? '' : undefined}
            disabled={field.isReadOnly}
            aria-pressed={stars === value}
            aria-label={t('field.stars', { n: stars })}
            onClick={() => onChange(stars === value ? null : stars)}
          >
            <Star size={20} fill={stars <= (value ?? 0) ? 'currentColor' : 'none'} aria-hidden />
          </button>
        ))}
      </div>
    </fieldset>
  );
}

export function ColorInput({ value, onChange, ...field }: Props<string>) {
  const { t } = useI18n();
  return (
    <div className={css.pair}>
      <TextField
        {...field}
        value={value ?? ''}
        onChange={(text) => onChange(text || null)}
        placeholder="#2457D6"
      />
      <input
        type="color"
        className={css.color}
        aria-label={t('field.pickColor', { field: field.label })}
        disabled={field.isReadOnly}
        value={/^#[0-9a-f]{6}$/i.test(value ?? '') ? (value ?? '') : '#2457d6'}
        onChange={(event) => onChange(event.target.value.toUpperCase())}
      />
    </div>
  );
}

/** A text box whose text is understood when it is left. */
function ReadInput<T>(
  props: Props<T> & { show: (value: T) => string; read: (text: string) => T | null; wrongText: string },
) {
  const { value, onChange, show, read, wrongText, ...field } = props;
  const [draft, setDraft] = useState<string | null>(null);
  const wrong = draft !== null && draft.trim() !== '' && read(draft) === null;
  const leave = () => {
    if (draft === null || wrong) return;
    onChange(draft.trim() === '' ? null : read(draft));
    setDraft(null);
  };
  return (
    <TextField
      {...field}
      value={draft ?? (value === null ? '' : show(value))}
      onChange={setDraft}
      onBlur={leave}
      error={wrong ? wrongText : field.error}
    />
  );
}

export function TimeInput(props: Props<string>) {
  const { t } = useI18n();
  return (
    <ReadInput {...props} show={(time) => time.slice(0, 5)} read={readTime} wrongText={t('field.notTime')} />
  );
}

export function DurationInput(props: Props<number>) {
  const { t } = useI18n();
  return (
    <ReadInput {...props} show={formatDuration} read={readDuration} wrongText={t('field.notDuration')} />
  );
}

const two = (n: number) => String(n).padStart(2, '0');

/** A moment, entered in the zone of this browser and kept in UTC. */
export function MomentInput({ value, onChange, ...field }: Props<string>) {
  const { t } = useI18n();
  const moment = value ? new Date(value) : null;
  const day = moment
    ? `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`
    : null;
  const time = moment
    ? `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`
    : null;
  const put = (nextDay: string | null, nextTime: string | null) =>
    onChange(
      nextDay ? new Date(`${nextDay}T${nextTime ?? '00:00:00'}`).toISOString().replace('.000Z', 'Z') : null,
    );
  return (
    <div className={css.pair}>
      <DateInput {...field} value={day} onChange={(next) => put(next, time)} />
      <TimeInput
        label={t('field.timeOf', { field: field.label })}
        hideLabel
        isReadOnly={field.isReadOnly}
        value={time}
        onChange={(next) => put(day, next)}
      />
    </div>
  );
}
