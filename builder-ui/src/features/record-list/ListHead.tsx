// The heads of the columns: press to sort, drag the edge (or Alt + arrows) to set the width.
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import { type ListColumn, readSort } from '../../fields/columns';
import { useI18n } from '../../i18n/I18n';
import css from './list.module.css';

interface Props {
  columns: ListColumn[];
  widthOf: (column: ListColumn) => number;
  sort: string | undefined;
  onSort: (path: string) => void;
  onWidth: (path: string, width: number) => void;
  template: string;
}

const STEP = 16;

export function ListHead({ columns, widthOf, sort, onSort, onWidth, template }: Props) {
  const { t, text } = useI18n();
  const order = readSort(sort);
  const resize = (event: KeyboardEvent, column: ListColumn) => {
    event.stopPropagation();
    if (!event.altKey || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return;
    event.preventDefault();
    onWidth(column.path, widthOf(column) + (event.key === 'ArrowRight' ? STEP : -STEP));
  };
  return (
    <div role="rowgroup" className={css.headGroup}>
      <div
        role="row"
        aria-rowindex={1}
        className={`${css.row} ${css.headRow}`}
        style={{ gridTemplateColumns: template }}
      >
        {columns.map((column) => {
          const direction = column.sort ? order.get(column.sort) : undefined;
          const title = text(column.title);
          return (
            <span
              role="columnheader"
              key={column.path}
              aria-sort={direction ?? (column.sort ? 'none' : undefined)}
              className={column.numeric ? css.numeric : undefined}
            >
              {column.sort ? (
                <button
                  type="button"
                  className={css.sort}
                  title={t('list.sortHint')}
                  onClick={() => onSort(column.sort ?? column.path)}
                  onKeyDown={(event) => resize(event, column)}
                >
                  <span className={css.headText}>{title}</span>
                  {direction === 'ascending' ? <ArrowUp size={14} aria-hidden /> : null}
                  {direction === 'descending' ? <ArrowDown size={14} aria-hidden /> : null}
                </button>
              ) : (
                <span className={css.headText}>{title}</span>
              )}
              <WidthHandle width={widthOf(column)} onWidth={(width) => onWidth(column.path, width)} />
            </span>
          );
        })}
      </div>
    </div>
  );
}

function WidthHandle({ width, onWidth }: { width: number; onWidth: (width: number) => void }) {
  const start = useRef<{ x: number; width: number } | null>(null);
  const down = (event: PointerEvent<HTMLSpanElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { x: event.clientX, width };
  };
  const move = (event: PointerEvent) => {
    if (start.current) onWidth(start.current.width + event.clientX - start.current.x);
  };
  const stop = () => {
    start.current = null;
  };
  return (
    <span
      className={css.handle}
      aria-hidden
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={stop}
      onPointerCancel={stop}
    />
  );
}
