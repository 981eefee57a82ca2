// The languages of a translatable field: a button beside its input opens an entry per language.
import { Languages } from 'lucide-react';
import { useState } from 'react';
import { fetchTexts } from '../../api/records';
import type { FieldDoc } from '../../definition/documents';
import { CodeInput } from '../../fields/CodeInput';
import { codeName } from '../../fields/codes';
import { languagesOf, type Texts, textSeen } from '../../fields/texts';
import { useI18n } from '../../i18n/I18n';
import { Banner } from '../../ui/Banner';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { TextField } from '../../ui/TextField';
import css from './form.module.css';
import { useForm, useFormState } from './form-context';

interface Props {
  field: FieldDoc;
  label: string;
}

/** The languages of the entity's app, its first before the others. */
export function useLocales(): string[] {
  const { catalog, entity } = useForm();
  const locales = catalog.apps.find((app) => app.name === entity.app)?.locales ?? [];
  return locales.length > 0 ? locales : ['en'];
}

export function TextsButton({ field, label }: Props) {
  const { entity, store } = useForm();
  const { t, locale } = useI18n();
  const locales = useLocales();
  const id = useFormState((state) => state.id);
  const [texts, setTexts] = useState<Texts>();
  const [failed, setFailed] = useState<string>();
  const open = async () => {
    setFailed(undefined);
    const { texts: entered, values, edited } = store.getState();
    const known = entered[field.name];
    const typed = edited[field.name] ? { [locale]: (values[field.name] as string | null) ?? null } : {};
    if (id === undefined || (known && Object.keys(known).length > 1)) {
      setTexts({ ...typed, ...known });
      return;
    }
    try {
      setTexts({ ...(await fetchTexts(entity.key, id, field.name)), ...typed, ...known });
    } catch (cause) {
      setFailed(cause instanceof Error ? cause.message : String(cause));
    }
  };
  const done = (next: Texts) => {
    setTexts(undefined);
    store.getState().setTexts(field.name, next, textSeen(next, locale, locales[0] ?? locale));
  };
  return (
    <>
      <Button
        variant="quiet"
        icon
        className={css.languages}
        aria-label={t('field.languages', { field: label })}
        onPress={() => void open()}
      >
        <Languages size={16} aria-hidden />
      </Button>
      {failed ? <Banner tone="bad">{failed}</Banner> : null}
      {texts ? (
        <TextsDialog
          field={field}
          label={label}
          texts={texts}
          locales={locales}
          onDone={done}
          onClose={() => setTexts(undefined)}
        />
      ) : null}
    </>
  );
}

interface DialogProps extends Props {
  texts: Texts;
  locales: string[];
  onDone: (texts: Texts) => void;
  onClose: () => void;
}

function TextsDialog({ field, label, texts, locales, onDone, onClose }: DialogProps) {
  const { t, locale } = useI18n();
  const [entered, setEntered] = useState<Texts>(texts);
  const [added, setAdded] = useState<string>();
  const put = (tag: string, text: string | null) => setEntered((before) => ({ ...before, [tag]: text }));
  const add = (tag: string | null) => {
    if (!tag || tag in entered) return;
    put(tag, null);
    setAdded(tag);
  };
  return (
    <Dialog
      title={t('field.languages', { field: label })}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button variant="primary" onPress={() => onDone(entered)}>
            {t('grid.done')}
          </Button>
        </>
      }
    >
      <div className={css.texts}>
        {languagesOf(locales, entered).map((tag) => (
          <TextField
            key={tag}
            label={codeName('language', tag, locale)}
            help={tag === locales[0] ? t('field.firstLanguage') : undefined}
            value={entered[tag] ?? ''}
            onChange={(next) => put(tag, next === '' ? null : next)}
            multiline={field.type !== 'text'}
            maxLength={field.max_length}
            autoFocus={tag === added}
          />
        ))}
        <CodeInput
          // Begins anew after each choice: what was chosen has become an entry of its own.
          key={added}
          kind="language"
          label={t('field.addLanguage')}
          value={null}
          onChange={add}
        />
      </div>
    </Dialog>
  );
}
