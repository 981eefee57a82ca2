// The list on a phone: a card per record, with its first columns.
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { StoredRecord } from '../../api/records';
import { placeOfEntity } from '../../app/place';
import { cellOf, type ListColumn } from '../../fields/columns';
import { FieldValue } from '../../fields/FieldValue';
import { useI18n } from '../../i18n/I18n';
import css from './cards.module.css';

interface Props {
  label: string;
  entity: string;
  /** The field that stands for a record: the heading of its card. */
  labelField: string;
  columns: ListColumn[];
  records: StoredRecord[];
  hasMore: boolean;
  isFetching: boolean;
  onMore: () => void;
}

/** Which columns take which place on a card: a heading, something at its right, the rest as pairs. */
export function cardLayout(columns: ListColumn[], label: string) {
  const head = columns.find((column) => column.path === label) ?? columns[0];
  const rest = columns.filter((column) => column !== head);
  const tag =
    rest.find((column) => column.field.type === 'state') ??
    rest.find((column) => column.field.type === 'choice');
  const others = rest.filter((column) => column !== tag);
  return { head, tag, others: others.slice(0, 4) };
}

const AHEAD = 10;
const ESTIMATE = 112;

export function ListCards({
  label,
  entity,
  labelField,
  columns,
  records,
  hasMore,
  isFetching,
  onMore,
}: Props) {
  const { text } = useI18n();
  const box = useRef<HTMLDivElement>(null);
  const { head, tag, others } = cardLayout(columns, labelField);
  const cards = useVirtualizer({
    count: records.length,
    getScrollElement: () => box.current,
    estimateSize: () => ESTIMATE,
    gap: 8,
    overscan: 6,
  });
  const items = cards.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isFetching && last >= records.length - AHEAD) onMore();
  }, [hasMore, isFetching, last, records.length, onMore]);
  return (
    <div ref={box} className={css.scroller}>
      <ul className={css.cards} aria-label={label} style={{ height: cards.getTotalSize() }}>
        {items.map((item) => {
          const record = records[item.index];
          if (!record || !head) return null;
          return (
            <li
              key={record.id}
              ref={cards.measureElement}
              data-index={item.index}
              className={css.item}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <article className={css.card}>
                <header className={css.head}>
                  <Link
                    to="/records/$app/$entity/$id"
                    params={{ ...placeOfEntity(entity), id: record.id }}
                    className={css.title}
                  >
                    <FieldValue isCell {...cellOf(head, record)} />
                  </Link>
                  {tag ? <FieldValue isCell {...cellOf(tag, record)} /> : null}
                </header>
                <dl className={css.pairs}>
                  {others.map((column) => (
                    <div key={column.path} className={css.pair}>
                      <dt>{text(column.title)}</dt>
                      <dd>
                        <FieldValue isCell {...cellOf(column, record)} />
                      </dd>
                    </div>
                  ))}
                </dl>
              </article>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
