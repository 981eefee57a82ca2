// The bar above a form: where one is, what state it is in, what one can do.
import { Archive, ArchiveRestore, ArrowLeft, Ellipsis, History, Trash2 } from 'lucide-react';
import { targetOf } from '../../definition/catalog';
import { FieldValue } from '../../fields/FieldValue';
import { useReferenceLabel } from '../../fields/references';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import { Menu, type MenuEntry } from '../../ui/Menu';
import { Actions } from './Actions';
import css from './form.module.css';
import { useForm, useFormState } from './form-context';

interface Props {
  dirty: boolean;
  onBack: () => void;
  onArchive: () => void;
  onRestore: () => void;
  onPurge: () => void;
  onHistory: () => void;
}

export function RecordHeader({ dirty, onBack, onArchive, onRestore, onPurge, onHistory }: Props) {
  const { t, text } = useI18n();
  const { catalog, entity, readOnly, isBusy } = useForm();
  const isNew = useFormState((form) => form.id === undefined);
  const archived = useFormState((form) => Boolean(form.values.archived_at));
  const label = useFormState((form) => form.values[entity.label]);
  const state = useFormState((form) => (entity.state ? form.values[entity.state.name] : undefined));
  const labelField = entity.fields.get(entity.label);
  const target = labelField ? targetOf(catalog, entity, labelField) : undefined;
  const reference = useReferenceLabel(target, target ? label : null);
  const kind = text(entity.document.title);
  const title = isNew ? t('record.new', { what: kind }) : reference || String(label ?? '') || kind;
  const entries: MenuEntry[] = [];
  if (!isNew) {
    entries.push({
      id: 'history',
      label: t('record.history'),
      icon: <History size={16} aria-hidden />,
      onAction: onHistory,
    });
  }
  if (!isNew && entity.rights.delete && !archived) {
    entries.push({
      id: 'archive',
      label: t('record.archive'),
      icon: <Archive size={16} aria-hidden />,
      onAction: onArchive,
    });
  }
  if (archived && entity.rights.purge) {
    entries.push({
      id: 'purge',
      label: t('record.purge'),
      icon: <Trash2 size={16} aria-hidden />,
      onAction: onPurge,
    });
  }
  return (
    <header className={css.bar}>
      <title>{`${title} · ${kind} · Kontor`}</title>
      <Button variant="quiet" icon aria-label={t('common.back')} onPress={onBack}>
        <ArrowLeft size={18} aria-hidden />
      </Button>
      <div className={css.titles}>
        {isNew ? null : <p className={css.kind}>{kind}</p>}
        <div className={css.titleRow}>
          <h1>{title}</h1>
          {entity.state && state !== undefined && !isNew ? (
            <FieldValue field={entity.state} value={state} />
          ) : null}
        </div>
      </div>
      {dirty ? <span className={css.dirty}>{t('record.changed')}</span> : null}
      <span className={css.spacer} />
      <Actions />
      {archived && entity.rights.delete ? (
        <Button isDisabled={isBusy} onPress={onRestore}>
          <ArchiveRestore size={16} aria-hidden />
          {t('record.restore')}
        </Button>
      ) : null}
      {readOnly ? null : (
        <Button type="submit" variant="primary" isDisabled={isBusy}>
          {t(isBusy ? 'common.saving' : 'common.save')}
        </Button>
      )}
      {entries.length > 0 ? (
        <Menu
          label={t('common.more')}
          entries={entries}
          trigger={
            <Button variant="quiet" icon aria-label={t('common.more')}>
              <Ellipsis size={18} aria-hidden />
            </Button>
          }
        />
      ) : null}
    </header>
  );
}
