// The lines of a record: a spreadsheet on wide screens, cards on phones.
import { useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useCallback, useId, useMemo } from 'react';
import { revealCell } from '../../api/records';
import { type Entity, isInput, targetOf } from '../../definition/catalog';
import type { FieldDoc, NodeDoc } from '../../definition/documents';
import { rememberLabel, searchReferences } from '../../fields/references';
import { type AskCell, LineReveal } from '../../fields/reveal';
import { isReference, readCell } from '../../grid/cell-text';
import type { Cell } from '../../grid/cursor';
import { LineGrid } from '../../grid/LineGrid';
import type { CellChange, GridColumn } from '../../grid/types';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import { toast } from '../../ui/toast-store';
import { usePhone } from '../../ui/use-media';
import css from './form.module.css';
import { useCondition, useForm, useFormState, useRequired } from './form-context';
import { LineCards } from './LineCards';
import { lineColumns } from './line-columns';

export function LinesNode({ node }: { node: NodeDoc }) {
  const { catalog, entity } = useForm();
  const field = node.field ? entity.fields.get(node.field) : undefined;
  const lines = field ? targetOf(catalog, entity, field) : undefined;
  const visible = useCondition(node, 'visible', true);
  return field && lines && visible ? <ShownLines node={node} field={field} lines={lines} /> : null;
}

function ShownLines({ node, field, lines }: { node: NodeDoc; field: FieldDoc; lines: Entity }) {
  const { catalog, entity, store, readOnly } = useForm();
  const { t, text } = useI18n();
  const phone = usePhone();
  const heading = useId();
  const locked = useCondition(node, 'readonly', false) || readOnly || !isInput(entity, field);
  const required = useRequired(node, field);
  const columns = useMemo(() => lineColumns(catalog, lines, node, text), [catalog, lines, node, text]);
  const rows = useFormState((state) => state.lines[field.name]) ?? [];
  const message = useFormState((state) => state.errors[field.name]);
  const errors = useLineErrors(field.name);
  const focus = useFormState((state) => state.focus);
  const wanted = useMemo(
    () =>
      focus?.field === field.name
        ? { row: focus.row ?? rows[0]?.key ?? '', column: focus.column }
        : undefined,
    [focus, field.name, rows],
  );
  const onFocused = useCallback(() => store.getState().focusDone(), [store]);
  const actions = useMemo(
    () => ({
      onCells: (changes: CellChange[]) => store.getState().setCells(field.name, changes),
      onAdd: (at: number) => store.getState().addLine(field.name, at),
      onRemove: (key: string) => store.getState().removeLine(field.name, key),
      onWrong: (column: GridColumn, typed: string) =>
        toast('bad', t('grid.wrong', { column: column.title, text: typed })),
    }),
    [store, field.name, t],
  );
  const paste = usePaste(field.name, columns);
  const askCell = useAskCell(field.name);
  const title = text(node.title) || text(field.title);
  const shared = { label: title, columns, rows, readOnly: locked, errors, totals: node.totals ?? [] };
  return (
    <section className={css.panel} aria-labelledby={heading} data-field={field.name}>
      <header className={css.linesHead}>
        <h2 id={heading} className={css.heading} data-required={required || undefined}>
          {title}
        </h2>
        <span className={css.count}>{t('grid.rows', { n: rows.length })}</span>
        <span className={css.spacer} />
        {locked || phone ? null : (
          <Button onPress={() => actions.onAdd(rows.length)}>
            <Plus size={16} aria-hidden />
            {t('grid.addRow')}
          </Button>
        )}
      </header>
      {message ? (
        <p className={css.error} role="alert">
          {message}
        </p>
      ) : null}
      <LineReveal value={askCell}>
        {phone ? (
          <LineCards {...shared} {...actions} lines={lines} />
        ) : rows.length === 0 ? (
          <p className={css.quiet}>{t(locked ? 'grid.none' : 'grid.empty')}</p>
        ) : (
          <LineGrid {...shared} {...actions} onPaste={paste} focus={wanted} onFocused={onFocused} />
        )}
      </LineReveal>
    </section>
  );
}

/** Asks for hidden cells of stored lines. */
function useAskCell(field: string): AskCell {
  const { entity, store } = useForm();
  const id = useFormState((state) => state.id);
  return useCallback(
    (key: string, column: string) => {
      const line = store.getState().lines[field]?.find((row) => row.key === key)?.id;
      if (id === undefined || line === undefined) return undefined;
      return () => revealCell(entity.key, id, { lines: field, line, field: column });
    },
    [entity.key, store, id, field],
  );
}

/** Messages of the cells by row key and column. */
function useLineErrors(field: string): Record<string, Record<string, string>> {
  const errors = useFormState((state) => state.errors);
  return useMemo(() => {
    const found: Record<string, Record<string, string>> = {};
    for (const [place, message] of Object.entries(errors)) {
      const [of, row, column] = place.split('/');
      if (of !== field || !row) continue;
      found[row] = { ...found[row], [column ?? '']: message };
    }
    return found;
  }, [errors, field]);
}

/** Puts pasted texts into cells; rows are added as needed, references are looked up by their label. */
function usePaste(field: string, columns: GridColumn[]) {
  const { store } = useForm();
  const { t } = useI18n();
  const client = useQueryClient();
  return useCallback(
    async (cells: string[][], at: Cell) => {
      const changes: CellChange[] = [];
      const looked: { row: string; column: GridColumn; text: string }[] = [];
      let wrong = 0;
      for (const [down, texts] of cells.entries()) {
        const rows = store.getState().lines[field] ?? [];
        const row = rows[at.row + down]?.key ?? store.getState().addLine(field, rows.length);
        for (const [right, typed] of texts.entries()) {
          const column = columns[at.column + right];
          if (!column || column.readOnly) continue;
          if (isReference(column.field) && typed.trim()) {
            looked.push({ row, column, text: typed.trim() });
            continue;
          }
          const read = readCell(column.field, typed);
          if (read) changes.push({ row, column: column.name, value: read.value });
          else if (typed.trim()) wrong += 1;
        }
      }
      for (const { row, column, text } of looked) {
        const found = column.target ? await searchReferences(column.target, text) : [];
        const exact = found.filter((one) => one.label === text || one.detail === text);
        const hit = exact[0] ?? (found.length === 1 ? found[0] : undefined);
        if (!hit || !column.target) wrong += 1;
        else {
          rememberLabel(client, column.target.key, hit.id, hit.label);
          changes.push({ row, column: column.name, value: hit.id });
        }
      }
      if (changes.length > 0) store.getState().setCells(field, changes);
      if (wrong > 0) toast('bad', t('grid.pasteWrong', { n: wrong }));
    },
    [store, field, columns, client, t],
  );
}
