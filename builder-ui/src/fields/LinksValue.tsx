// The records that a field leads to, as chips: all of them in a form, the first ones and how many more in a list.
import type { Entity } from '../definition/catalog';
import { useI18n } from '../i18n/I18n';
import { Tag } from '../ui/Tag';
import css from './links.module.css';
import { labelOf, useReferenceLabels } from './references';

interface Props {
  /** Ids or records, or `{count, items}` of a list. */
  value: unknown;
  target: Entity | undefined;
  isCell?: boolean;
}

interface Brief {
  count: number;
  items: unknown[];
}

const isBrief = (value: unknown): value is Brief =>
  typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items);

const idOf = (item: unknown): string =>
  typeof item === 'object' && item !== null && 'id' in item ? String(item.id) : String(item);

export function LinksValue({ value, target, isCell = false }: Props) {
  const { t } = useI18n();
  const items = isBrief(value) ? value.items : Array.isArray(value) ? value : [];
  const more = isBrief(value) ? value.count - value.items.length : 0;
  const record = (item: unknown) =>
    target && typeof item === 'object' && item !== null && target.label in item
      ? (item as Record<string, unknown>)
      : undefined;
  // A list came with the labels that may be read; nobody asks for the others one by one.
  const labels = useReferenceLabels(isBrief(value) ? undefined : target, items.map(idOf));
  if (items.length === 0) return null;
  return (
    <span className={isCell ? css.line : css.chips}>
      {items.map((item, place) => {
        const known = record(item);
        return <Tag key={idOf(item)}>{known && target ? labelOf(target, known) : (labels[place] ?? '')}</Tag>;
      })}
      {more > 0 ? <span className={css.more}>{t('field.more', { n: more })}</span> : null}
    </span>
  );
}
