// The form of a record with its header: title, state, buttons, history.
import { useSuspenseQuery } from '@tanstack/react-query';
import { useBlocker, useNavigate, useRouter } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { catalogQuery } from '../../api/definitions';
import type { LoadedRecord, StoredRecord } from '../../api/records';
import { placeOfEntity } from '../../app/place';
import { type Entity, formOf } from '../../definition/catalog';
import { fieldsIn, generatedLayout } from '../../definition/form-layout';
import { useI18n } from '../../i18n/I18n';
import { Banner } from '../../ui/Banner';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Confirm';
import { Dialog } from '../../ui/Dialog';
import { toast } from '../../ui/toast-store';
import { usePhone } from '../../ui/use-media';
import { DuplicateWindow } from './DuplicateWindow';
import { FormNodes } from './FormNodes';
import css from './form.module.css';
import { shapeOf } from './form-body';
import { FormProvider } from './form-context';
import { createFormStore, formData } from './form-store';
import { HistoryPanel } from './HistoryPanel';
import { RecordHeader } from './RecordHeader';
import { useEvaluation } from './use-evaluation';
import { useSaving } from './use-saving';

interface Props {
  entity: Entity;
  loaded: LoadedRecord | undefined;
  /** The newest revision that the server is known to have. */
  latest?: number | undefined;
  onReload: () => void;
}

export function RecordForm({ entity, loaded, latest, onReload }: Props) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const router = useRouter();
  const phone = usePhone();
  const catalog = useSuspenseQuery(catalogQuery).data;
  const [etag, setEtag] = useState(loaded?.etag);
  const [store] = useState(() => createFormStore(formData(loaded?.record, shapeOf(entity, catalog))));
  const [asking, setAsking] = useState<'archive' | 'purge' | 'history' | null>(null);
  const form = formOf(catalog, entity, phone);
  const layout = useMemo(() => form?.document.layout ?? generatedLayout(entity), [form, entity]);
  const onForm = useMemo(() => new Set(fieldsIn(layout)), [layout]);
  const dirty = useStore(store, (state) => Object.keys(state.edited).length > 0);
  const archived = useStore(store, (state) => Boolean(state.values.archived_at));
  const general = useStore(store, (state) => state.general);
  const readOnly = archived || !(loaded ? entity.rights.update : entity.rights.create);
  useEvaluation(store, entity, catalog, !readOnly);

  const toList = () =>
    router.history.canGoBack()
      ? router.history.back()
      : void navigate({ to: '/records/$app/$entity', params: placeOfEntity(entity.key), search: {} });
  const onSaved = (record: StoredRecord, isNew: boolean) => {
    const { submitted: _, ...fresh } = formData(record, shapeOf(entity, catalog));
    store.setState({ ...fresh, changes: 0 });
    setEtag(`"${record.revision}"`);
    if (isNew) {
      void navigate({
        to: '/records/$app/$entity/$id',
        params: { ...placeOfEntity(entity.key), id: record.id },
        replace: true,
      });
    }
  };
  const saving = useSaving({
    store,
    entity,
    etag,
    isShown: (field) => onForm.has(field),
    onSaved,
    onArchived: () => {
      store.setState({ edited: {} });
      toast('ok', t('record.archived'));
      toList();
    },
    onPurged: () => {
      toast('ok', t('record.purged'));
      toList();
    },
  });
  const blocker = useBlocker({
    shouldBlockFn: () => Object.keys(store.getState().edited).length > 0,
    enableBeforeUnload: () => Object.keys(store.getState().edited).length > 0,
    withResolver: true,
  });
  const { save } = saving;
  const outdated =
    latest !== undefined && etag !== undefined && !saving.isBusy && latest > Number(etag.replaceAll('"', ''));
  useEffect(() => {
    // Whoever is typing is asked; for everybody else the record is simply as it is now.
    const typing = document.activeElement?.matches('input, textarea, [contenteditable="true"]');
    if (outdated && !dirty && !typing) onReload();
  }, [outdated, dirty, onReload]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's') {
        event.preventDefault();
        // The cell or box that is being edited gives its value when it loses the focus.
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
        setTimeout(() => void save());
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [save]);

  const context = {
    store,
    catalog,
    entity,
    expressions: form?.expressions ?? {},
    readOnly,
    onAction: (action: string) => void saving.act(action),
    isBusy: saving.isBusy,
  };
  return (
    <FormProvider value={context}>
      <form
        className={css.page}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <RecordHeader
          dirty={dirty}
          onBack={toList}
          onArchive={() => setAsking('archive')}
          onRestore={() => void saving.restore()}
          onPurge={() => setAsking('purge')}
          onHistory={() => setAsking('history')}
        />
        <div className={css.scroll}>
          {archived ? (
            <Banner tone="info">
              {t(entity.rights.delete ? 'record.isArchivedRestore' : 'record.isArchived')}
            </Banner>
          ) : null}
          {outdated ? (
            <Banner
              tone="info"
              action={
                <Button
                  onPress={() => {
                    store.setState({ edited: {} });
                    onReload();
                  }}
                >
                  {t('record.takeTheirs')}
                </Button>
              }
            >
              {t(dirty ? 'record.changedElsewhereDirty' : 'record.changedElsewhere')}
            </Banner>
          ) : null}
          {general.map((message) => (
            <Banner key={message} tone="bad">
              {message}
            </Banner>
          ))}
          <FormNodes nodes={layout} />
        </div>
      </form>
      {saving.duplicates ? (
        <DuplicateWindow
          errors={saving.duplicates.errors}
          isBusy={saving.isBusy}
          onSave={saving.duplicates.again}
          onClose={saving.closeDuplicates}
        />
      ) : null}
      {saving.conflict ? (
        <Dialog
          role="alertdialog"
          title={t('record.conflict')}
          actions={
            <>
              <Button onPress={saving.closeConflict}>{t('common.cancel')}</Button>
              <Button onPress={() => void save(true)}>{t('record.keepMine')}</Button>
              <Button
                variant="primary"
                onPress={() => {
                  saving.closeConflict();
                  onReload();
                }}
              >
                {t('record.takeTheirs')}
              </Button>
            </>
          }
        >
          {t('record.conflictHint')}
        </Dialog>
      ) : null}
      {asking === 'archive' ? (
        <Confirm
          title={t('record.archiveTitle')}
          confirm={t('record.archive')}
          danger
          isPending={saving.isBusy}
          onConfirm={() => {
            setAsking(null);
            void saving.archive();
          }}
          onCancel={() => setAsking(null)}
        >
          {t('record.archiveHint')}
        </Confirm>
      ) : null}
      {asking === 'purge' ? (
        <Confirm
          title={t('record.purgeTitle')}
          confirm={t('record.purge')}
          danger
          isPending={saving.isBusy}
          onConfirm={() => {
            setAsking(null);
            void saving.purge();
          }}
          onCancel={() => setAsking(null)}
        >
          {t('record.purgeHint')}
        </Confirm>
      ) : null}
      {asking === 'history' && loaded ? (
        <HistoryPanel entity={entity} id={loaded.record.id} onClose={() => setAsking(null)} />
      ) : null}
      {blocker.status === 'blocked' ? (
        <Confirm
          title={t('record.unsaved')}
          confirm={t('record.leave')}
          cancel={t('record.stay')}
          danger
          onConfirm={blocker.proceed}
          onCancel={blocker.reset}
        >
          {t('record.unsavedHint')}
        </Confirm>
      ) : null}
    </FormProvider>
  );
}
