// The last look before publishing: the plan, a message for the colleagues, the button.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { publishDraft } from '../../api/draft';
import { type Finding, Problem } from '../../api/problem';
import { useI18n } from '../../i18n/I18n';
import { Banner } from '../../ui/Banner';
import { Button } from '../../ui/Button';
import { Checkbox } from '../../ui/Checkbox';
import { Dialog } from '../../ui/Dialog';
import { Skeleton } from '../../ui/Skeleton';
import { TextField } from '../../ui/TextField';
import { PlanSteps, usePlan } from './PlanPanel';
import css from './panels.module.css';

interface Props {
  onClose: () => void;
  onPublished: (revision: number) => void;
  onRefused: (findings: Finding[]) => void;
}

export function PublishDialog({ onClose, onPublished, onRefused }: Props) {
  const { t } = useI18n();
  const [message, setMessage] = useState('');
  const [acceptLoss, setAcceptLoss] = useState(false);
  const plan = usePlan(true);
  const told =
    plan.data?.findings.filter(({ code }) => ['conversion_loss', 'required_without_value'].includes(code)) ??
    [];
  const loses = told.some(({ code }) => code === 'conversion_loss');
  const publish = useMutation({
    mutationFn: () => publishDraft(message.trim(), acceptLoss),
    onSuccess: ({ revision }) => onPublished(revision),
    onError: (error) => {
      if (error instanceof Problem && error.findings.length > 0) onRefused(error.findings);
    },
  });
  return (
    <Dialog
      size="large"
      title={t('def.publishTitle')}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button
            variant="primary"
            isDisabled={publish.isPending || plan.isFetching}
            onPress={() => publish.mutate()}
          >
            {t(publish.isPending ? 'def.publishing' : 'def.publish')}
          </Button>
        </>
      }
    >
      <div className={css.plan}>
        <TextField
          label={t('def.message')}
          help={t('def.messageHelp')}
          value={message}
          onChange={setMessage}
        />
        {publish.error ? <Banner tone="bad">{publish.error.message}</Banner> : null}
        <h3>{t('def.planTitle')}</h3>
        {plan.isFetching ? (
          <Skeleton rows={3} />
        ) : plan.isError ? (
          <Banner tone="bad">{plan.error.message}</Banner>
        ) : (
          <PlanSteps steps={plan.data?.steps ?? []} />
        )}
        {plan.isFetching
          ? null
          : told.map(({ code, file, pointer, message }) => (
              <Banner key={`${code} ${file} ${pointer}`} tone="warn">
                {message}
              </Banner>
            ))}
        {loses && !plan.isFetching ? (
          <Checkbox isSelected={acceptLoss} onChange={setAcceptLoss}>
            {t('def.acceptLoss')}
          </Checkbox>
        ) : null}
      </div>
    </Dialog>
  );
}
