// The behaviour of a grid: cursor, draft, keys, paste. The component only draws it.
import { useQueryClient } from '@tanstack/react-query';
import { type ClipboardEvent, type KeyboardEvent, useState } from 'react';
import { rememberLabel, searchReferences } from '../fields/references';
import { useI18n } from '../i18n/I18n';
import { editText, hasChoices, isFiles, isReference, readCell } from './cell-text';
import { printCells, readCells } from './clipboard';
import { type Cell, moved, step } from './cursor';
import type { CellChange, GridColumn, GridRow } from './types';
import { type Suggestion, useSuggestions } from './use-suggestions';

export interface GridEvents {
  onCells: (changes: CellChange[]) => void;
  onAdd: (at: number) => void;
  onRemove: (key: string) => void;
  /** Rows of texts that begin at a cell. */
  onPaste: (cells: string[][], at: Cell) => void;
  /** The text did not fit the cell. */
  onWrong: (column: GridColumn, text: string) => void;
}

const same = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();

interface Options extends GridEvents {
  columns: GridColumn[];
  rows: GridRow[];
  readOnly: boolean;
  /** A cell whose value is not typed. */
  onOpen: (row: string, column: GridColumn) => void;
  scrollTo: (row: number) => void;
  focus: () => void;
}

export function useEditing(options: Options) {
  const { columns, rows, readOnly } = options;
  const { locale } = useI18n();
  const client = useQueryClient();
  const [at, setAt] = useState<Cell>({ row: 0, column: 0 });
  const [draft, setDraft] = useState<string | null>(null);
  const [highlighted, setHighlighted] = useState(0);
  const [searched, setSearched] = useState('');
  // The person chose a suggestion with the arrow keys.
  const [pointed, setPointed] = useState(false);
  const cell: Cell = {
    row: Math.max(0, Math.min(at.row, rows.length - 1)),
    column: Math.min(at.column, columns.length - 1),
  };
  const column = columns[cell.column];
  const row = rows[cell.row];
  const editable = !readOnly && column !== undefined && row !== undefined && !column.readOnly;
  const opens = column !== undefined && row !== undefined && isFiles(column.field);
  const suggestions = useSuggestions(column, draft === null ? null : searched);
  const size = { rows: rows.length, columns: columns.length };

  const labelOf = (key: string, id: unknown) =>
    String(client.getQueryData(['records', key, 'label', String(id)]) ?? '');
  const textOf = (of: GridColumn, from: GridRow) => {
    const value = from.values[of.name];
    return isReference(of.field) && value
      ? labelOf(of.target?.key ?? '', value)
      : editText(of.field, value, locale);
  };
  const go = (next: Cell) => {
    setAt(next);
    options.scrollTo(next.row);
    options.focus();
  };
  const begin = (text: string, search = text) => {
    setDraft(text);
    setSearched(search);
    setHighlighted(0);
    setPointed(false);
  };
  const put = (value: unknown, of = column, to = row) => {
    if (to && of) options.onCells([{ row: to.key, column: of.name, value }]);
  };
  const pick = (suggestion: Suggestion, of = column, to = row) => {
    if (of && isReference(of.field) && of.target) {
      rememberLabel(client, of.target.key, String(suggestion.value), suggestion.label);
    }
    put(suggestion.value, of, to);
    setDraft(null);
  };
  /** The search for what was typed is still running: the cell gets its value when it is done. */
  const pickLater = async (text: string, of: GridColumn, to: GridRow) => {
    const found = of.target ? await searchReferences(of.target, text).catch(() => []) : [];
    const hit = found.find(({ label }) => same(label, text)) ?? found[0];
    if (hit) pick({ value: hit.id, label: hit.label }, of, to);
    else options.onWrong(of, text);
  };
  /** Takes the draft over. When the cell is merely left, a suggestion counts only if it is what was typed. */
  const commit = (left = false) => {
    if (draft === null || !column || !row) return;
    setDraft(null);
    const { items, isStale } = suggestions;
    const pointedAt = pointed && !left ? items[highlighted] : undefined;
    if (pointedAt) return pick(pointedAt);
    if (draft === textOf(column, row)) return;
    if (draft.trim() === '') return put(null);
    if (isReference(column.field) && isStale) return void pickLater(draft, column, row);
    const typed = items.find(({ label }) => same(label, draft));
    const chosen = left ? (typed ?? (items.length === 1 ? items[0] : undefined)) : items[highlighted];
    if (hasChoices(column.field) && chosen) return pick(chosen);
    const read = readCell(column.field, draft);
    if (read) put(read.value);
    else options.onWrong(column, draft);
  };
  /** Downwards; below the last row a new one begins. */
  const down = () => {
    if (cell.row === rows.length - 1 && !readOnly) options.onAdd(rows.length);
    go({ row: cell.row + 1, column: cell.column });
  };

  const onEditKey = (event: KeyboardEvent): boolean => {
    if (suggestions.open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      const by = event.key === 'ArrowDown' ? 1 : -1;
      setPointed(true);
      setHighlighted(Math.max(0, Math.min(suggestions.items.length - 1, highlighted + by)));
      return true;
    }
    if (event.key === 'Escape') {
      setDraft(null);
      return true;
    }
    if (event.key === 'Enter') {
      commit();
      if (suggestions.open) go(step(cell, 1, size));
      else down();
      return true;
    }
    if (event.key === 'Tab') {
      commit();
      return onTab(event.shiftKey);
    }
    return false;
  };
  const onTab = (back: boolean): boolean => {
    const next = step(cell, back ? -1 : 1, size);
    if (next.row === cell.row && next.column === cell.column) return false;
    go(next);
    return true;
  };
  const onIdleKey = (event: KeyboardEvent): boolean => {
    const control = event.ctrlKey || event.metaKey;
    if (event.key === 'Tab') return onTab(event.shiftKey);
    if (control && event.key === 'Delete' && !readOnly) {
      if (row) options.onRemove(row.key);
      return true;
    }
    if (
      event.key === 'ArrowDown' &&
      !control &&
      cell.row === rows.length - 1 &&
      Object.keys(row?.values ?? {}).length > 0
    ) {
      if (readOnly) return true;
      down();
      return true;
    }
    const next = event.altKey ? undefined : moved(cell, event.key, control, size);
    if (next) {
      go(next);
      return true;
    }
    if (opens && (event.key === 'Enter' || event.key === 'F2' || event.key === ' ')) {
      options.onOpen(row.key, column);
      return true;
    }
    if (!editable || !row) return false;
    if (event.key === 'Enter' || event.key === 'F2' || (event.altKey && event.key === 'ArrowDown')) {
      begin(textOf(column, row), hasChoices(column.field) ? '' : textOf(column, row));
      return true;
    }
    if (event.key === ' ' && column.field.type === 'boolean') {
      put(row.values[column.name] !== true);
      return true;
    }
    if (event.key === 'Delete' || event.key === 'Backspace') {
      put(null);
      return true;
    }
    return false;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, its keys are its own.
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !readOnly) {
      event.preventDefault();
      commit();
      options.onAdd(cell.row + 1);
      go({ row: cell.row + 1, column: 0 });
      return;
    }
    const done = draft === null ? onIdleKey(event) : onEditKey(event);
    if (done) event.preventDefault();
  };
  const onPaste = (event: ClipboardEvent) => {
    if (draft !== null || readOnly) return;
    event.preventDefault();
    options.onPaste(readCells(event.clipboardData.getData('text')), cell);
  };
  const onCopy = (event: ClipboardEvent) => {
    if (draft !== null || !row || !column) return;
    event.preventDefault();
    event.clipboardData.setData('text/plain', printCells([[textOf(column, row)]]));
  };
  return {
    cell,
    column,
    row,
    draft,
    editable: editable && !opens,
    suggestions,
    highlighted,
    pick: (suggestion: Suggestion) => {
      pick(suggestion);
      options.focus();
    },
    onLeave: () => commit(true),
    onType: (text: string) => editable && !opens && begin(text),
    onKeyDown,
    onPaste,
    onCopy,
    /** A press on a cell; the second one begins to edit. */
    onPress: (next: Cell, edit: boolean) => {
      commit(true);
      setAt(next);
      options.focus();
      const [of, from] = [columns[next.column], rows[next.row]];
      if (edit && of && from && isFiles(of.field)) options.onOpen(from.key, of);
      else if (edit && of && from && !of.readOnly && !readOnly) {
        begin(textOf(of, from), hasChoices(of.field) ? '' : textOf(of, from));
      }
    },
    moveTo: go,
    textOf,
  };
}
