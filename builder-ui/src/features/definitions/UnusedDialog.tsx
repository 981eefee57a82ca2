// What the definitions no longer use: chosen, counted, and purged for good once the loss is accepted.
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { purgeUnused, type UnusedPart, unusedQuery } from '../../api/unused';
import { useI18n } from '../../i18n/I18n';
import { Banner } from '../../ui/Banner';
import { Button } from '../../ui/Button';
import { Checkbox } from '../../ui/Checkbox';
import { Dialog } from '../../ui/Dialog';
import { Skeleton } from '../../ui/Skeleton';
import { Tag } from '../../ui/Tag';
import css from './panels.module.css';

interface Props {
  onClose: () => void;
  onPurged: (count: number) => void;
}

const nameOf = ({ entity, field }: UnusedPart) => (field === null ? entity : `${entity}.${field}`);

export function UnusedDialog({ onClose, onPurged }: Props) {
  const { t, locale } = useI18n();
  const unused = useQuery(unusedQuery);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [acceptLoss, setAcceptLoss] = useState(false);
  const parts = unused.data ?? [];
  const named = parts.filter(({ key }) => chosen.has(key));
  const along = new Set(named.flatMap((part) => part.with));
  const going = parts.filter(({ key }) => chosen.has(key) || along.has(key));
  const values = going.reduce((sum, part) => sum + part.values, 0);
  const purge = useMutation({
    mutationFn: () => purgeUnused([...chosen], acceptLoss),
    onSuccess: ({ items }) => onPurged(items.length),
  });
  const choose = (key: string, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(key);
    else next.delete(key);
    setChosen(next);
    setAcceptLoss(false);
  };
  const number = (n: number) => n.toLocaleString(locale);
  return (
    <Dialog
      size="large"
      title={t('def.unusedTitle')}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button
            variant="danger"
            isDisabled={going.length === 0 || purge.isPending || (values > 0 && !acceptLoss)}
            onPress={() => purge.mutate()}
          >
            {t(purge.isPending ? 'def.purging' : 'def.purge')}
          </Button>
        </>
      }
    >
      <div className={css.plan}>
        <p>{t('def.unusedHint')}</p>
        {purge.error ? <Banner tone="bad">{purge.error.message}</Banner> : null}
        {unused.isPending ? (
          <Skeleton rows={4} />
        ) : unused.isError ? (
          <Banner tone="bad">{unused.error.message}</Banner>
        ) : parts.length === 0 ? (
          <p className={css.quiet}>{t('def.unusedNone')}</p>
        ) : (
          <ul className={css.list} aria-label={t('def.unusedTitle')}>
            {parts.map((part) => (
              <li key={part.key} className={css.unused}>
                <Checkbox
                  isSelected={chosen.has(part.key) || along.has(part.key)}
                  isReadOnly={part.in_draft || (along.has(part.key) && !chosen.has(part.key))}
                  onChange={(isChosen) => choose(part.key, isChosen)}
                >
                  <span className={css.findingText}>
                    <span>{nameOf(part)}</span>
                    <span className={css.facts}>
                      <Tag>{t(`def.unused.${part.kind}`)}</Tag>
                      <span>
                        {t(part.kind === 'entity' ? 'def.unusedRecords' : 'def.unusedValues', {
                          n: number(part.values),
                        })}
                      </span>
                      {part.in_draft ? <strong>{t('def.unusedInDraft')}</strong> : null}
                    </span>
                  </span>
                </Checkbox>
              </li>
            ))}
          </ul>
        )}
        {values > 0 ? (
          <>
            <Banner tone="warn">{t('def.purgeLoss', { n: number(values) })}</Banner>
            <Checkbox isSelected={acceptLoss} onChange={setAcceptLoss}>
              {t('def.acceptPurge')}
            </Checkbox>
          </>
        ) : null}
      </div>
    </Dialog>
  );
}
