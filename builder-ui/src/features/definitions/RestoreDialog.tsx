// The last look before an older revision is live again: what it does to the data, and what cannot be kept.
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Defaults, restorePlanQuery, restoreRevision } from '../../api/draft';
import { type Finding, Problem } from '../../api/problem';
import { useI18n } from '../../i18n/I18n';
import { Banner } from '../../ui/Banner';
import { Button } from '../../ui/Button';
import { Checkbox } from '../../ui/Checkbox';
import { Dialog } from '../../ui/Dialog';
import { Skeleton } from '../../ui/Skeleton';
import { MissingValues } from './MissingValues';
import { PlanSteps } from './PlanPanel';
import css from './panels.module.css';

interface Props {
  revision: number;
  onClose: () => void;
  onRestored: (revision: number) => void;
  onRefused: (findings: Finding[]) => void;
}

export function RestoreDialog({ revision, onClose, onRestored, onRefused }: Props) {
  const { t } = useI18n();
  const [acceptLoss, setAcceptLoss] = useState(false);
  const [defaults, setDefaults] = useState<Defaults>({});
  const plan = useQuery(restorePlanQuery(revision));
  const told = plan.data?.findings ?? [];
  const loses = told.some(({ code }) => code === 'conversion_loss');
  const restore = useMutation({
    mutationFn: () => restoreRevision(revision, acceptLoss, defaults),
    onSuccess: (made) => onRestored(made.revision),
    onError: (error) => {
      // What is wrong with a default is told where it was entered.
      const entered = Object.keys(defaults).length > 0;
      if (error instanceof Problem && error.findings.length > 0 && !entered) onRefused(error.findings);
    },
  });
  const refused = restore.error instanceof Problem ? restore.error.findings : [];
  return (
    <Dialog
      role="alertdialog"
      size="large"
      title={t('def.restoreTitle', { n: revision })}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button
            variant="primary"
            isDisabled={restore.isPending || plan.isFetching || (loses && !acceptLoss)}
            onPress={() => restore.mutate()}
          >
            {t('def.restore')}
          </Button>
        </>
      }
    >
      <div className={css.plan}>
        <p>{t('def.restoreHint', { n: revision })}</p>
        {restore.error ? <Banner tone="bad">{restore.error.message}</Banner> : null}
        {refused.map((finding) => (
          <Banner key={`${finding.code} ${finding.file} ${finding.pointer}`} tone="bad">
            {finding.message}
          </Banner>
        ))}
        {plan.isFetching ? (
          <Skeleton rows={3} />
        ) : plan.isError ? (
          <Banner tone="bad">{plan.error.message}</Banner>
        ) : (
          <PlanSteps steps={plan.data?.steps ?? []} />
        )}
        {told.map((finding) => (
          <Banner key={`${finding.code} ${finding.file} ${finding.pointer}`} tone="warn">
            {finding.message}
          </Banner>
        ))}
        <MissingValues
          revision={revision}
          findings={told.filter(({ code }) => code === 'required_without_value')}
          defaults={defaults}
          onChange={setDefaults}
        />
        {loses ? (
          <Checkbox isSelected={acceptLoss} onChange={setAcceptLoss}>
            {t('def.acceptRestoreLoss')}
          </Checkbox>
        ) : null}
      </div>
    </Dialog>
  );
}
