// Keeps derived values, defaults and messages up to date while the person types.
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { evaluateRecord } from '../../api/records';
import type { Catalog, Entity } from '../../definition/catalog';
import { derive } from '../../definition/live';
import { evaluateBody } from './form-body';
import { recordOf } from './form-context';
import { type FormStore, placeKey, placeOf } from './form-store';

const PAUSE = 250;

/**
 * Asks the server after each change, a short while after the last key. Answers that come late are dropped; a failed
 * one is not shown, as saving checks everything again.
 */
export function useEvaluation(store: FormStore, entity: Entity, catalog: Catalog, enabled: boolean) {
  const changes = useStore(store, (state) => state.changes);
  useEffect(() => {
    if (!enabled) return;
    const fresh = store.getState();
    if (changes === 0 && fresh.id !== undefined) return;
    if (changes > 0) {
      const { values, lines } = derive(catalog, entity, recordOf(fresh));
      fresh.applyDerived(values, lines);
    }
    const controller = new AbortController();
    const ask = async () => {
      const { record, sent } = evaluateBody(store.getState(), entity, catalog);
      try {
        const answer = await evaluateRecord(entity.key, record, controller.signal);
        store.getState().merge(answer.record, sent, changes);
        clearSolved(
          store,
          answer.errors.map(({ pointer }) => pointer),
          sent,
        );
      } catch {
        // Nothing is lost: the values stay provisional until the record is saved.
      }
    };
    const timer = setTimeout(() => void ask(), changes === 0 ? 0 : PAUSE);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [store, entity, catalog, changes, enabled]);
}

/** Messages of the last save whose cause is gone disappear. */
function clearSolved(store: FormStore, pointers: string[], sent: Record<string, string[]>) {
  const { submitted, errors } = store.getState();
  if (!submitted || Object.keys(errors).length === 0) return;
  const open = new Set(pointers.flatMap((pointer) => placeOf(pointer, sent) ?? []).map(placeKey));
  const left = Object.entries(errors).filter(([place]) => open.has(place));
  if (left.length < Object.keys(errors).length) store.setState({ errors: Object.fromEntries(left) });
}
