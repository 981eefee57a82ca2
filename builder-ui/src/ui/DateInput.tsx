// A day: a plain text box that takes what people type and paste, and a calendar.
import { parseDate } from '@internationalized/date';
import { CalendarDays, ChevronLeft, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { Calendar, CalendarCell, CalendarGrid, CalendarHeading } from 'react-aria-components/Calendar';
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Input } from 'react-aria-components/Input';
import { Popover } from 'react-aria-components/Popover';
import { TextField } from 'react-aria-components/TextField';
import { useI18n } from '../i18n/I18n';
import { Button } from './Button';
import css from './DateInput.module.css';
import { localToday, readDate } from './date-text';
import { FieldLabel, FieldNotes, type FieldProps } from './Field';
import fieldCss from './Field.module.css';
import popCss from './Select.module.css';

interface Props extends FieldProps {
  /** `2026-11-23` */
  value: string | null;
  onChange: (value: string | null) => void;
}

function CalendarPopover({ value, onPick }: { value: string | null; onPick: (day: string) => void }) {
  const selected = value && readDate(value, value) ? parseDate(value.slice(0, 10)) : null;
  return (
    <Popover className={popCss.popover} placement="bottom end">
      <Dialog className={css.dialog}>
        {({ close }) => (
          <Calendar
            value={selected}
            onChange={(day) => {
              onPick(String(day));
              close();
            }}
          >
            <header className={css.header}>
              <Button slot="previous" variant="quiet" icon>
                <ChevronLeft size={16} aria-hidden />
              </Button>
              <CalendarHeading />
              <Button slot="next" variant="quiet" icon>
                <ChevronRight size={16} aria-hidden />
              </Button>
            </header>
            <CalendarGrid>{(day) => <CalendarCell date={day} className={css.cell} />}</CalendarGrid>
          </Calendar>
        )}
      </Dialog>
    </Popover>
  );
}

export function DateInput({ value, onChange, ...field }: Props) {
  const { t } = useI18n();
  const [draft, setDraft] = useState<string | null>(null);
  const wrong = draft !== null && draft.trim() !== '' && readDate(draft, localToday()) === null;
  const leave = () => {
    if (draft === null || wrong) return;
    onChange(draft.trim() === '' ? null : readDate(draft, localToday()));
    setDraft(null);
  };
  const error = wrong ? t('field.notDate') : field.error;
  return (
    <TextField
      className={fieldCss.field}
      value={draft ?? value ?? ''}
      onChange={setDraft}
      onBlur={leave}
      onKeyDown={(event) => event.key === 'Enter' && leave()}
      isInvalid={Boolean(error)}
      isRequired={Boolean(field.isRequired)}
      isReadOnly={Boolean(field.isReadOnly)}
      validationBehavior="aria"
    >
      <FieldLabel {...field} />
      <span className={fieldCss.group} data-invalid={error ? '' : undefined}>
        <Input placeholder={field.isReadOnly ? '' : t('field.datePattern')} />
        {field.isReadOnly ? null : (
          <DialogTrigger>
            <AriaButton aria-label={t('field.calendar', { field: field.label })}>
              <CalendarDays size={16} aria-hidden />
            </AriaButton>
            <CalendarPopover
              value={value}
              onPick={(day) => {
                setDraft(null);
                onChange(day);
              }}
            />
          </DialogTrigger>
        )}
      </span>
      <FieldNotes help={field.help} error={error} />
    </TextField>
  );
}
