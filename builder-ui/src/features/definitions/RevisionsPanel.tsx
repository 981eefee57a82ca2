// Everything that was ever published, newest first; any of it can be looked at and restored.
import { useQuery } from '@tanstack/react-query';
import { type Revision, revisionsQuery } from '../../api/draft';
import { formatMoment } from '../../i18n/format';
import { useI18n } from '../../i18n/I18n';
import { Banner } from '../../ui/Banner';
import { Button } from '../../ui/Button';
import { Skeleton } from '../../ui/Skeleton';
import { Tag } from '../../ui/Tag';
import css from './panels.module.css';

interface Props {
  open: number | undefined;
  onOpen: (revision: number) => void;
  onRestore: (revision: Revision) => void;
  onUnused: () => void;
}

export function RevisionsPanel({ open, onOpen, onRestore, onUnused }: Props) {
  const { t, locale } = useI18n();
  const revisions = useQuery(revisionsQuery);
  if (revisions.isPending) return <Skeleton rows={5} />;
  if (revisions.isError) return <Banner tone="bad">{revisions.error.message}</Banner>;
  return (
    <>
      <p className={css.above}>
        <Button onPress={onUnused}>{t('def.unusedOpen')}</Button>
      </p>
      <ol className={css.list} aria-label={t('def.revisions')}>
        {revisions.data.map((revision) => (
          <li
            key={revision.revision}
            className={css.revision}
            data-open={revision.revision === open ? '' : undefined}
          >
            <p className={css.revisionHead}>
              <strong>{t('def.revision', { n: revision.revision })}</strong>
              {revision.live ? <Tag color="green">{t('def.live')}</Tag> : null}
            </p>
            {revision.message ? <p>{revision.message}</p> : null}
            <p className={css.suggestion}>
              {revision.by?.label || t('record.system')} ·{' '}
              <time dateTime={revision.at}>{formatMoment(revision.at, locale)}</time>
            </p>
            <div className={css.buttons}>
              <Button
                onPress={() => onOpen(revision.revision)}
                aria-label={t('def.showChangesOf', { n: revision.revision })}
              >
                {t('def.showChanges')}
              </Button>
              {revision.live ? null : (
                <Button
                  onPress={() => onRestore(revision)}
                  aria-label={t('def.restoreOf', { n: revision.revision })}
                >
                  {t('def.restore')}
                </Button>
              )}
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}
