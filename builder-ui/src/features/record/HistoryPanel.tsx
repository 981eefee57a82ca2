// Who changed what from what to what, newest first.
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { catalogQuery } from '../../api/definitions';
import { type HistoryChange, type HistoryEntry, historyQuery } from '../../api/records';
import { type Entity, targetOf, valueField } from '../../definition/catalog';
import { codeName } from '../../fields/codes';
import { FieldValue } from '../../fields/FieldValue';
import { LinksValue } from '../../fields/LinksValue';
import { useReferenceLabel } from '../../fields/references';
import { formatMoment } from '../../i18n/format';
import { useI18n } from '../../i18n/I18n';
import { Banner } from '../../ui/Banner';
import { Dialog } from '../../ui/Dialog';
import { Skeleton } from '../../ui/Skeleton';
import css from './history.module.css';

export function HistoryPanel({ entity, id, onClose }: { entity: Entity; id: string; onClose: () => void }) {
  const { t } = useI18n();
  const history = useQuery({ ...historyQuery(entity.key, id), staleTime: 0 });
  return (
    <Dialog size="side" title={t('record.history')} onClose={onClose}>
      {history.isPending ? <Skeleton rows={5} /> : null}
      {history.isError ? <Banner tone="bad">{history.error.message}</Banner> : null}
      {history.data?.length === 0 ? <p className={css.quiet}>{t('record.noHistory')}</p> : null}
      <ol className={css.entries}>
        {(history.data ?? []).map((entry) => (
          <Entry key={`${entry.revision}/${entry.at}`} entity={entity} entry={entry} />
        ))}
      </ol>
    </Dialog>
  );
}

const ACTIONS = ['create', 'update', 'archive', 'unarchive', 'import', 'purge'] as const;

function Entry({ entity, entry }: { entity: Entity; entry: HistoryEntry }) {
  const { t, text, locale } = useI18n();
  const known = ACTIONS.find((action) => action === entry.action);
  const move = entity.state?.transitions?.find((transition) => transition.action === entry.action);
  return (
    <li className={css.entry}>
      <p className={css.head}>
        <strong>{entry.by?.label || t('record.system')}</strong>
        <span>{known ? t(`history.${known}`) : text(move?.title) || entry.action}</span>
      </p>
      <p className={css.when}>
        <time dateTime={entry.at}>{formatMoment(entry.at, locale)}</time>
        {` · ${t('record.revision', { n: entry.revision })}`}
      </p>
      <dl className={css.changes}>
        {entry.changes.map((change) => (
          <div key={`${change.line}/${change.field}/${change.locale}`}>
            <dt>
              {text(entity.fields.get(change.field)?.title) || change.field}
              {change.locale ? ` (${codeName('language', change.locale, locale)})` : null}
            </dt>
            {change.added || change.removed ? (
              <LinksChanged entity={entity} change={change} />
            ) : (
              <dd>
                <OldOrNew entity={entity} name={change.field} value={change.old} />
                <span aria-hidden> → </span>
                <span className="sr">{t('record.became')}</span>
                <OldOrNew entity={entity} name={change.field} value={change.new} />
              </dd>
            )}
          </div>
        ))}
      </dl>
    </li>
  );
}

/** What links lead to since then, and what no longer. */
function LinksChanged({ entity, change }: { entity: Entity; change: HistoryChange }) {
  const { t } = useI18n();
  const catalog = useSuspenseQuery(catalogQuery).data;
  const field = entity.fields.get(change.field);
  const target = field ? targetOf(catalog, entity, field) : undefined;
  return (
    <dd>
      {change.added?.length ? (
        <div className={css.linked}>
          <span>{t('record.added')}</span>
          <LinksValue value={change.added} target={target} />
        </div>
      ) : null}
      {change.removed?.length ? (
        <div className={css.linked}>
          <span>{t('record.removed')}</span>
          <LinksValue value={change.removed} target={target} />
        </div>
      ) : null}
    </dd>
  );
}

function OldOrNew({ entity, name, value }: { entity: Entity; name: string; value: unknown }) {
  const { t } = useI18n();
  const catalog = useSuspenseQuery(catalogQuery).data;
  const field = entity.fields.get(name);
  const shown = field ? valueField(catalog, entity, field) : undefined;
  const target =
    field && shown && ['reference', 'user', 'department'].includes(shown.type)
      ? targetOf(catalog, entity, shown)
      : undefined;
  const label = useReferenceLabel(target, target ? value : null);
  if (value === null || value === undefined || value === '')
    return <span className={css.quiet}>{t('record.blank')}</span>;
  if (Array.isArray(value) || field?.type === 'lines') return <span>{t('record.someLines')}</span>;
  return shown ? <FieldValue field={shown} value={value} label={label} /> : <span>{String(value)}</span>;
}
