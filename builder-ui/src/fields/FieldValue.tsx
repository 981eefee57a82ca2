// A value to read: tags for states and choices, links for addresses, labels for references.
import { Check, Minus } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Entity } from '../definition/catalog';
import type { FieldDoc } from '../definition/documents';
import { useI18n } from '../i18n/I18n';
import { Tag } from '../ui/Tag';
import { FileCell } from './FileCell';
import { FileList } from './FileList';
import css from './fields.module.css';
import { filesOf } from './files';
import { LinksValue } from './LinksValue';
import { DOTS, isMask } from './mask';
import { isNumeric, optionOf, valueText } from './value-text';

interface Props {
  /** The field of the value itself (see `valueField`). */
  field: FieldDoc;
  value: unknown;
  /** The label of a reference. */
  label?: string | undefined;
  /** The entity that links lead to. */
  target?: Entity | undefined;
  currency?: string | undefined;
  unit?: string | undefined;
  /** In a row of a list or grid: on one line, without links. */
  isCell?: boolean;
}

const LINKS: Partial<Record<FieldDoc['type'], string>> = { email: 'mailto:', phone: 'tel:', url: '' };

export function FieldValue({
  field,
  value,
  label,
  target,
  currency,
  unit,
  isCell = false,
}: Props): ReactNode {
  const { locale, t } = useI18n();
  if (value === null || value === undefined || value === '') return null;
  if (isMask(value)) {
    return (
      <span role="img" aria-label={t('field.masked')} title={t('field.masked')} className={css.masked}>
        {DOTS}
      </span>
    );
  }
  const text = valueText(field, value, { locale, yes: t('common.yes'), no: t('common.no'), currency });
  switch (field.type) {
    case 'choice':
    case 'state': {
      const option = optionOf(field, value);
      return field.type === 'state' || option?.color ? <Tag color={option?.color}>{text}</Tag> : text;
    }
    case 'choices':
      return (
        <span className={css.tags}>
          {(Array.isArray(value) ? value : [value]).map((one) => (
            <Tag key={String(one)} color={optionOf(field, one)?.color}>
              {valueText({ ...field, type: 'choice' }, one, { locale, yes: '', no: '' })}
            </Tag>
          ))}
        </span>
      );
    case 'file':
    case 'files':
    case 'image':
    case 'signature':
      // History knows files by their ids: a file that no record holds any more has no name.
      return Array.isArray(value) && value.every((one) => typeof one === 'string') ? (
        t('field.files', { n: value.length })
      ) : isCell ? (
        <FileCell files={filesOf(value)} />
      ) : (
        <FileList files={filesOf(value)} large={field.type === 'image' || field.type === 'signature'} />
      );
    case 'boolean':
      return value ? (
        <Check size={16} role="img" aria-label={text} className={css.yes} />
      ) : (
        <Minus size={16} role="img" aria-label={text} className={css.no} />
      );
    case 'reference':
    case 'user':
    case 'department':
      return label ?? '';
    case 'links':
      return <LinksValue value={value} target={target} isCell={isCell} />;
    case 'email':
    case 'phone':
    case 'url': {
      const href = `${LINKS[field.type]}${text}`;
      const safe = field.type !== 'url' || /^https?:\/\//i.test(text);
      return safe ? (
        <a href={href} {...(field.type === 'url' ? { target: '_blank', rel: 'noreferrer noopener' } : {})}>
          {text}
        </a>
      ) : (
        text
      );
    }
    case 'color':
      return (
        <span className={css.tags}>
          <span className={css.swatch} style={{ background: text }} />
          {text}
        </span>
      );
    case 'rating':
      return (
        <span role="img" aria-label={text}>
          {'★'.repeat(Math.max(0, Math.min(10, Number(value))))}
        </span>
      );
    default: {
      const after = field.currency ?? currency ?? unit;
      if (isNumeric(field) && after && (field.type === 'money' || field.type === 'quantity')) {
        return (
          <span className={css.measured}>
            {text}
            <span className={css.unit}>{after}</span>
          </span>
        );
      }
      return text;
    }
  }
}
