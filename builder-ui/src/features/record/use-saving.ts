// Saving, transitions and archiving, with what can go wrong at each.
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { randomKey } from '../../api/key';
import { type FieldError, Offline, Problem } from '../../api/problem';
import {
  archiveRecord,
  createRecord,
  purgeRecord,
  restoreRecord,
  runAction,
  type StoredRecord,
  updateRecord,
} from '../../api/records';
import type { Entity } from '../../definition/catalog';
import { useI18n } from '../../i18n/I18n';
import { toast } from '../../ui/toast-store';
import { saveBody } from './form-body';
import type { FormStore } from './form-store';

interface Options {
  store: FormStore;
  entity: Entity;
  etag: string | undefined;
  isShown: (field: string) => boolean;
  onSaved: (record: StoredRecord, isNew: boolean) => void;
  onArchived: () => void;
  onPurged: () => void;
}

/** Whether nothing but other records of the same thing stands in the way. */
const aboutDuplicates = (problem: Problem) =>
  problem.errors.length > 0 &&
  problem.errors.every(({ code }) => code === 'possible_duplicate' || code === 'duplicate_record');

export function useSaving({ store, entity, etag, isShown, onSaved, onArchived, onPurged }: Options) {
  const { t } = useI18n();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [conflict, setConflict] = useState(false);
  const [duplicates, setDuplicates] = useState<{ errors: FieldError[]; again: () => void }>();
  // The same attempt has the same key, so that a repeated request does not create a second record.
  const attempt = useRef({ body: '', key: '' });

  /** `again` does the same beside records of the same thing. */
  const explain = (error: unknown, sent: Record<string, string[]>, again?: () => void) => {
    if (error instanceof Problem && error.status === 412) setConflict(true);
    else if (error instanceof Problem && again && aboutDuplicates(error))
      setDuplicates({ errors: error.errors, again });
    else if (error instanceof Problem && error.errors.length > 0) {
      store.getState().showErrors(error.errors, sent, isShown);
      toast('bad', t('record.hasErrors', { n: error.errors.length }));
    } else if (error instanceof Problem) {
      if (error.status !== 401) store.setState({ general: [error.message] });
    } else toast('bad', t(error instanceof Offline ? 'common.offline' : 'common.unexpected'));
  };

  const write = async (
    match: string | undefined,
    accept: boolean,
    again: () => void,
  ): Promise<StoredRecord | undefined> => {
    const form = store.getState();
    const { record, sent } = saveBody(form);
    try {
      if (form.id !== undefined) return await updateRecord(entity.key, form.id, record, match, accept);
      const body = JSON.stringify(record);
      if (attempt.current.body !== body) attempt.current = { body, key: randomKey() };
      return await createRecord(entity.key, record, attempt.current.key, accept);
    } catch (error) {
      explain(error, sent, again);
      return undefined;
    }
  };
  const refresh = () => client.invalidateQueries({ queryKey: ['records', entity.key] });

  const busy = async (work: () => Promise<void>) => {
    if (isBusy) return;
    setBusy(true);
    setDuplicates(undefined);
    store.setState({ general: [] });
    try {
      await work();
    } finally {
      setBusy(false);
    }
  };
  /** Saves; with `force` over what somebody else wrote meanwhile, with `accept` beside records of the same thing. */
  const save = (force = false, accept = false): Promise<void> =>
    busy(async () => {
      const isNew = store.getState().id === undefined;
      const record = await write(force ? undefined : etag, accept, () => void save(force, true));
      if (!record) return;
      setConflict(false);
      onSaved(record, isNew);
      toast('ok', t('common.saved'));
      await refresh();
    });
  const act = (action: string, accept = false): Promise<void> =>
    busy(async () => {
      const form = store.getState();
      if (form.id === undefined) return;
      if (Object.keys(form.edited).length > 0) {
        const saved = await write(etag, accept, () => void act(action, true));
        if (!saved) return;
        onSaved(saved, false);
      }
      try {
        onSaved(await runAction(entity.key, form.id, action), false);
        await refresh();
      } catch (error) {
        explain(error, {});
      }
    });
  /** Does something to the stored record; what forbids it is explained above the form. */
  const change = (work: (id: string) => Promise<void>, again?: () => void) =>
    busy(async () => {
      const { id } = store.getState();
      if (id === undefined) return;
      try {
        await work(id);
      } catch (error) {
        explain(error, {}, again);
      }
    });
  const archive = () =>
    change(async (id) => {
      await archiveRecord(entity.key, id);
      await refresh();
      onArchived();
    });
  const restore = (accept = false): Promise<void> =>
    change(
      async (id) => {
        onSaved(await restoreRecord(entity.key, id, accept), false);
        toast('ok', t('record.restored'));
        await refresh();
      },
      () => void restore(true),
    );
  const purge = () =>
    change(async (id) => {
      await purgeRecord(entity.key, id);
      onPurged();
      await refresh();
    });
  return {
    isBusy,
    conflict,
    closeConflict: () => setConflict(false),
    duplicates,
    closeDuplicates: () => setDuplicates(undefined),
    save,
    act,
    archive,
    restore,
    purge,
  };
}
