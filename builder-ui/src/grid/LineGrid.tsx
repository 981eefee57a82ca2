// Lines as a spreadsheet: one input lies over the active cell and always has the focus, so that typing, input methods,
// paste and phone keyboards begin natively. It must never be remounted.
import { useVirtualizer } from '@tanstack/react-virtual';
import { type MouseEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { useI18n } from '../i18n/I18n';
import { FilesDialog } from './FilesDialog';
import { GridRowView } from './GridRowView';
import css from './grid.module.css';
import { Suggestions } from './Suggestions';
import { TotalsRow } from './TotalsRow';
import type { GridColumn, GridRow } from './types';
import { type GridEvents, useEditing } from './use-editing';

interface Props extends GridEvents {
  label: string;
  columns: GridColumn[];
  rows: GridRow[];
  readOnly: boolean;
  /** Messages by row key and column name. */
  errors: Record<string, Record<string, string>>;
  totals: string[];
  /** A cell that shall get the focus. */
  focus: { row: string; column: string | undefined } | undefined;
  onFocused: () => void;
}

const HEIGHT = 36;
const NUMBER_WIDTH = 44;
const END_WIDTH = 40;
const VISIBLE = 12;

export function LineGrid(props: Props) {
  const { label, columns, rows, readOnly, errors, totals, focus, onFocused } = props;
  const { t } = useI18n();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [composing, setComposing] = useState(false);
  const [opened, setOpened] = useState<{ row: string; column: GridColumn } | null>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => HEIGHT,
    overscan: 8,
    scrollPaddingStart: HEIGHT,
    scrollPaddingEnd: totals.length > 0 ? HEIGHT : 0,
  });
  const grid = useEditing({
    ...props,
    onOpen: (of, from) => setOpened({ row: of, column: from }),
    scrollTo: (row) => virtual.scrollToIndex(row),
    focus: () => input.current?.focus({ preventScroll: true }),
  });
  const { cell, column, row, draft } = grid;
  const span = useCellSpan(head, cell.column, columns, box);
  const cellError = row && column ? errors[row.key]?.[column.name] : undefined;

  const { moveTo } = grid;
  useEffect(() => {
    if (!focus) return;
    const index = rows.findIndex((candidate) => candidate.key === focus.row);
    const place = columns.findIndex((candidate) => candidate.name === focus.column);
    if (index >= 0) moveTo({ row: index, column: Math.max(0, place) });
    onFocused();
  }, [focus, rows, columns, moveTo, onFocused]);

  const onMouseDown = (event: MouseEvent) => {
    const target = event.target as Element;
    const place = target.closest<HTMLElement>('[data-column]')?.dataset.column;
    const index = target.closest<HTMLElement>('[data-row]')?.dataset.row;
    if (place === undefined || index === undefined) return;
    event.preventDefault();
    grid.onPress({ row: Number(index), column: Number(place) }, event.detail > 1);
  };
  const flexible = columns.findIndex((candidate) => !candidate.numeric && candidate.field.type !== 'choice');
  const widths = columns.map(({ width }, place) =>
    place === flexible ? `minmax(${width}px, 1fr)` : `${width}px`,
  );
  const template = `${NUMBER_WIDTH}px ${widths.join(' ')}${readOnly ? '' : ` ${END_WIDTH}px`}`;
  const least = columns.reduce(
    (sum, candidate) => sum + candidate.width,
    NUMBER_WIDTH + (readOnly ? 0 : END_WIDTH),
  );
  const height = HEIGHT * (Math.min(rows.length, VISIBLE) + 1 + (totals.length > 0 ? 1 : 0)) + 2;
  const listId = `${id}-list`;
  const top = HEIGHT + cell.row * HEIGHT;
  const name =
    column && row
      ? t('grid.cell', { column: column.title, n: cell.row + 1, value: grid.textOf(column, row) })
      : label;
  return (
    <div className={css.frame} data-suggesting={grid.suggestions.open ? '' : undefined}>
      <div ref={box} className={css.box} style={{ height }}>
        <div className={css.sheet} style={{ minWidth: least }}>
          <div
            role="grid"
            aria-label={label}
            aria-rowcount={rows.length + 1}
            aria-readonly={readOnly || undefined}
            onMouseDown={onMouseDown}
          >
            <div role="rowgroup" className={css.headGroup}>
              <div
                ref={head}
                role="row"
                aria-rowindex={1}
                className={`${css.row} ${css.head}`}
                style={{ gridTemplateColumns: template }}
              >
                <span role="columnheader" aria-label={t('grid.number')} className={css.rowNumber}>
                  #
                </span>
                {columns.map((each) => (
                  <span
                    role="columnheader"
                    key={each.name}
                    className={each.numeric ? css.numeric : undefined}
                    data-required={each.required || undefined}
                  >
                    {each.title}
                  </span>
                ))}
                {readOnly ? null : <span role="columnheader" aria-label={t('grid.rowActions')} />}
              </div>
            </div>
            <div role="rowgroup" className={css.body} style={{ height: virtual.getTotalSize() }}>
              {virtual.getVirtualItems().map((item) => {
                const each = rows[item.index];
                return each ? (
                  <GridRowView
                    key={each.key}
                    gridId={id}
                    row={each}
                    index={item.index}
                    top={item.start}
                    columns={columns}
                    template={template}
                    cursor={cell.row === item.index ? cell.column : -1}
                    errors={errors[each.key]}
                    readOnly={readOnly}
                    onRemove={props.onRemove}
                  />
                ) : null;
              })}
            </div>
            {totals.length > 0 ? (
              <TotalsRow
                columns={columns}
                rows={rows}
                totals={totals}
                template={template}
                readOnly={readOnly}
              />
            ) : null}
          </div>
          <input
            ref={input}
            className={`${css.input} ${column?.numeric ? css.numeric : ''}`}
            data-editing={draft === null && !composing ? undefined : ''}
            style={{ left: span.left, width: span.width, top, height: HEIGHT }}
            inputMode={column?.numeric ? 'decimal' : 'text'}
            aria-label={name}
            aria-describedby={`${id}-help`}
            aria-invalid={cellError ? true : undefined}
            aria-errormessage={cellError ? `${id}-error` : undefined}
            readOnly={!grid.editable}
            autoComplete="off"
            {...(grid.suggestions.open
              ? {
                  role: 'combobox',
                  'aria-expanded': true,
                  'aria-controls': listId,
                  'aria-activedescendant': grid.suggestions.items[grid.highlighted]
                    ? `${listId}-${grid.highlighted}`
                    : undefined,
                }
              : {})}
            value={draft ?? ''}
            onChange={(event) => grid.onType(event.target.value)}
            onCompositionStart={() => setComposing(true)}
            onCompositionEnd={() => setComposing(false)}
            onKeyDown={grid.onKeyDown}
            onBlur={grid.onLeave}
            onPaste={grid.onPaste}
            onCopy={grid.onCopy}
          />
        </div>
      </div>
      {grid.suggestions.open && column ? (
        <Suggestions
          id={listId}
          label={column.title}
          items={grid.suggestions.items}
          isLoading={grid.suggestions.isLoading}
          highlighted={grid.highlighted}
          style={{
            left: span.left - (box.current?.scrollLeft ?? 0),
            top: top + HEIGHT - (box.current?.scrollTop ?? 0),
            minWidth: Math.max(220, span.width),
          }}
          onPick={grid.pick}
        />
      ) : null}
      {opened ? (
        <FilesDialog
          column={opened.column}
          index={rows.findIndex((candidate) => candidate.key === opened.row)}
          rows={rows}
          readOnly={readOnly}
          error={errors[opened.row]?.[opened.column.name]}
          onChange={(value) => props.onCells([{ row: opened.row, column: opened.column.name, value }])}
          onClose={() => {
            setOpened(null);
            input.current?.focus({ preventScroll: true });
          }}
        />
      ) : null}
      {cellError ? (
        <p id={`${id}-error`} className={css.error} role="alert">
          {t('grid.cellError', { n: cell.row + 1, column: column?.title ?? '', message: cellError })}
        </p>
      ) : null}
      <p id={`${id}-help`} className={css.help}>
        {readOnly ? '' : t('grid.help')}
      </p>
    </div>
  );
}

/** Where the active column lies, measured at its head; measured again when the grid changes its width. */
function useCellSpan(
  head: React.RefObject<HTMLDivElement | null>,
  place: number,
  columns: GridColumn[],
  box: React.RefObject<HTMLDivElement | null>,
) {
  const [span, setSpan] = useState({ left: NUMBER_WIDTH, width: 120 });
  // biome-ignore lint/correctness/useExhaustiveDependencies: other columns have other widths
  useLayoutEffect(() => {
    const measure = () => {
      const cell = head.current?.children[place + 1] as HTMLElement | undefined;
      if (cell) setSpan({ left: cell.offsetLeft, width: cell.offsetWidth });
      if (cell && box.current) keepVisible(box.current, cell);
    };
    measure();
    const observer = new ResizeObserver(measure);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, [head, place, columns, box]);
  return span;
}

/** Scrolls sideways until the active column is in sight. */
function keepVisible(box: HTMLElement, cell: HTMLElement) {
  const right = cell.offsetLeft + cell.offsetWidth;
  if (cell.offsetLeft < box.scrollLeft + NUMBER_WIDTH) box.scrollLeft = cell.offsetLeft - NUMBER_WIDTH;
  else if (right > box.scrollLeft + box.clientWidth) box.scrollLeft = right - box.clientWidth;
}
