// What to offer below a cell that is chosen from a list.
import { useMemo } from 'react';
import { codeList } from '../fields/codes';
import { useReferenceSearch } from '../fields/references';
import { optionsOf } from '../fields/value-text';
import { useI18n } from '../i18n/I18n';
import { hasChoices, isReference } from './cell-text';
import type { GridColumn } from './types';

export interface Suggestion {
  value: unknown;
  label: string;
  detail?: string | undefined;
}

const MOST = 50;

/** `text` is `null` while nothing is edited. `isStale`: the items still belong to an earlier text. */
export function useSuggestions(column: GridColumn | undefined, text: string | null) {
  const { locale, t, text: titleOf } = useI18n();
  const open = text !== null && column !== undefined && hasChoices(column.field);
  const reference = open && isReference(column.field);
  const found = useReferenceSearch(column?.target, text ?? '', reference);
  const listed = useMemo((): Suggestion[] => {
    if (!open || reference) return [];
    const field = column.field;
    if (field.type === 'choice') {
      return optionsOf(field)
        .filter((option) => !option.retired)
        .map((option) => ({ value: option.name, label: titleOf(option.title) }));
    }
    if (field.type === 'boolean') {
      return [
        { value: true, label: t('common.yes') },
        { value: false, label: t('common.no') },
      ];
    }
    if (field.type === 'country' || field.type === 'currency' || field.type === 'language') {
      return codeList(field.type, locale).map(({ id, label }) => ({ value: id, label }));
    }
    return [];
  }, [open, reference, column, locale, t, titleOf]);
  if (!open) return { open: false, isLoading: false, isStale: false, items: [] };
  if (reference) {
    const items = (found.data ?? []).map(
      ({ id, label, detail }): Suggestion => ({ value: id, label, detail }),
    );
    return { open, isLoading: found.isFetching, isStale: found.isPending || found.isPlaceholderData, items };
  }
  const wanted = text.trim().toLowerCase();
  const items = listed.filter(({ label }) => label.toLowerCase().includes(wanted)).slice(0, MOST);
  return { open, isLoading: false, isStale: false, items };
}
