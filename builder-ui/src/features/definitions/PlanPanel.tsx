// What publishing would do to the data, in words, with what would be lost on top.
import { useQuery } from '@tanstack/react-query';
import { type PlanStep, planDraft } from '../../api/draft';
import { useI18n } from '../../i18n/I18n';
import { Banner } from '../../ui/Banner';
import { Skeleton } from '../../ui/Skeleton';
import css from './panels.module.css';

export function usePlan(enabled: boolean) {
  return useQuery({
    queryKey: ['draft', 'plan'],
    queryFn: planDraft,
    enabled,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
}

export function PlanPanel() {
  const { t } = useI18n();
  const plan = usePlan(true);
  if (plan.isFetching) return <Skeleton rows={4} />;
  if (plan.isError) return <Banner tone="bad">{plan.error.message}</Banner>;
  const errors = plan.data?.findings.filter(({ severity }) => severity === 'error').length ?? 0;
  return (
    <div className={css.plan}>
      {errors > 0 ? <Banner tone="bad">{t('def.planErrors', { n: errors })}</Banner> : null}
      <PlanSteps steps={plan.data?.steps ?? []} />
    </div>
  );
}

export function PlanSteps({ steps }: { steps: PlanStep[] }) {
  const { t, locale } = useI18n();
  if (steps.length === 0) return <p className={css.quiet}>{t('def.planEmpty')}</p>;
  const lost = steps.reduce((sum, step) => sum + step.data_lost, 0);
  const number = (n: number) => n.toLocaleString(locale);
  return (
    <>
      {lost > 0 ? <Banner tone="warn">{t('def.dataLost', { n: number(lost) })}</Banner> : null}
      <ol className={css.list}>
        {steps.map((step, index) => (
          <li key={`${step.action} ${step.entity} ${step.field} ${step.text}`} className={css.step}>
            <span className={css.stepNumber}>{index + 1}</span>
            <span className={css.findingText}>
              <span>{step.text}</span>
              <span className={css.facts}>
                {step.rows > 0 ? <span>{t('def.rows', { n: number(step.rows) })}</span> : null}
                {step.data_lost > 0 ? (
                  <strong className={css.error}>{t('def.lost', { n: number(step.data_lost) })}</strong>
                ) : null}
                {step.stall_ms > 0 ? (
                  <span>
                    {t(step.lock === 'reads' ? 'def.waitReads' : 'def.waitWrites', {
                      n: number(step.stall_ms),
                    })}
                  </span>
                ) : null}
                <span>{t(step.reversible ? 'def.reversible' : 'def.irreversible')}</span>
              </span>
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}
