// Rows and columns: only the visible rows exist; the next page is fetched before the end is reached.
import { Link, useNavigate } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, useEffect, useRef, useState } from 'react';
import type { StoredRecord } from '../../api/records';
import { placeOfEntity } from '../../app/place';
import { cellOf, type ListColumn } from '../../fields/columns';
import { FieldValue } from '../../fields/FieldValue';
import { ListHead } from './ListHead';
import css from './list.module.css';
import { useWidths } from './use-widths';

interface Props {
  label: string;
  listKey: string;
  entity: string;
  columns: ListColumn[];
  records: StoredRecord[];
  hasMore: boolean;
  isFetching: boolean;
  onMore: () => void;
  sort: string | undefined;
  onSort: (path: string) => void;
}

const HEIGHT = 40;
const AHEAD = 20;

function stretchedColumn(columns: ListColumn[]): ListColumn | undefined {
  const texts = columns.filter(({ field }) => ['text', 'long_text', 'reference'].includes(field.type));
  return texts.toSorted((a, b) => b.width - a.width)[0] ?? columns.at(-1);
}

const Row = memo(function Row(props: {
  record: StoredRecord;
  entity: string;
  columns: ListColumn[];
  index: number;
  top: number;
  active: boolean;
  template: string;
}) {
  const { record, entity, columns, index, top, active, template } = props;
  return (
    <div
      role="row"
      id={`row-${index}`}
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={active}
      className={css.row}
      data-active={active ? '' : undefined}
      style={{ transform: `translateY(${top}px)`, height: HEIGHT, gridTemplateColumns: template }}
    >
      {columns.map((column, place) => {
        const value = <FieldValue isCell {...cellOf(column, record)} />;
        return (
          <span role="gridcell" key={column.path} className={column.numeric ? css.numeric : undefined}>
            {place === 0 ? (
              <Link
                to="/records/$app/$entity/$id"
                params={{ ...placeOfEntity(entity), id: record.id }}
                tabIndex={-1}
                className={css.first}
              >
                {value}
              </Link>
            ) : (
              value
            )}
          </span>
        );
      })}
    </div>
  );
});

export function ListTable(props: Props) {
  const { label, listKey, entity, columns, records, hasMore, isFetching, onMore, sort, onSort } = props;
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const { widths, setWidth } = useWidths(listKey);
  const widthOf = (column: ListColumn) => widths[column.path] ?? column.width;
  // The widest column of text takes what is left, so that a wide screen has no ragged edge.
  const stretched = stretchedColumn(columns);
  const template = columns
    .map((column) => (column === stretched ? `minmax(${widthOf(column)}px, 1fr)` : `${widthOf(column)}px`))
    .join(' ');
  const least = columns.reduce((sum, column) => sum + widthOf(column), 0);
  const rows = useVirtualizer({
    count: records.length,
    getScrollElement: () => box.current,
    estimateSize: () => HEIGHT,
    overscan: 10,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isFetching && last >= records.length - AHEAD) onMore();
  }, [hasMore, isFetching, last, records.length, onMore]);

  const open = (index: number) => {
    const record = records[index];
    if (record)
      void navigate({ to: '/records/$app/$entity/$id', params: { ...placeOfEntity(entity), id: record.id } });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 400) / HEIGHT) - 2);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -records.length,
      End: records.length,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = Math.min(records.length - 1, Math.max(0, active + step));
      setActive(next);
      rows.scrollToIndex(next);
    } else if (event.key === 'Enter' && event.target === event.currentTarget) {
      event.preventDefault();
      open(active);
    }
  };
  const indexOf = (target: EventTarget) =>
    Number((target as Element).closest<HTMLElement>('[data-index]')?.dataset.index ?? -1);
  return (
    <div
      ref={box}
      className={css.scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={hasMore ? -1 : records.length + 1}
      aria-busy={isFetching}
      tabIndex={0}
      aria-activedescendant={items.some((item) => item.index === active) ? `row-${active}` : undefined}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        const index = indexOf(event.target);
        if (index < 0 || (event.target as Element).closest('a')) return;
        setActive(index);
        open(index);
      }}
    >
      <div className={css.wide} style={{ minWidth: least }}>
        <ListHead
          columns={columns}
          widthOf={widthOf}
          sort={sort}
          onSort={onSort}
          onWidth={setWidth}
          template={template}
        />
        <div role="rowgroup" className={css.rows} style={{ height: rows.getTotalSize() }}>
          {items.map((item) => {
            const record = records[item.index];
            return record ? (
              <Row
                key={record.id}
                record={record}
                entity={entity}
                columns={columns}
                index={item.index}
                top={item.start}
                active={item.index === active}
                template={template}
              />
            ) : null;
          })}
        </div>
      </div>
    </div>
  );
}
