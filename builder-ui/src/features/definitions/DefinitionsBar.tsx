// The bar of the definitions page: what the draft holds, and the way to publish it.
import { History, ListChecks, Rocket, Route, Undo2 } from 'lucide-react';
import type { Draft } from '../../api/draft';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import css from './definitions.module.css';

interface Props {
  draft: Draft;
  isChecking: boolean;
  onCheck: () => void;
  onPlan: () => void;
  onPublish: () => void;
  onDiscard: () => void;
  onRevisions: () => void;
}

export function DefinitionsBar({
  draft,
  isChecking,
  onCheck,
  onPlan,
  onPublish,
  onDiscard,
  onRevisions,
}: Props) {
  const { t } = useI18n();
  const changed = draft.changed.length;
  return (
    <header className={css.bar}>
      <h1>{t('frame.definitions')}</h1>
      <span className={css.count} role="status">
        {t('def.revision', { n: draft.revision })} ·{' '}
        {changed > 0 ? t('def.changed', { n: changed }) : t('def.unchanged')}
      </span>
      <span className={css.spacer} />
      <Button variant="quiet" onPress={onRevisions}>
        <History size={16} aria-hidden />
        {t('def.revisions')}
      </Button>
      <Button variant="quiet" isDisabled={changed === 0} onPress={onDiscard}>
        <Undo2 size={16} aria-hidden />
        {t('def.discard')}
      </Button>
      <Button isDisabled={isChecking} onPress={onCheck}>
        <ListChecks size={16} aria-hidden />
        {t('def.check')}
      </Button>
      <Button onPress={onPlan}>
        <Route size={16} aria-hidden />
        {t('def.plan')}
      </Button>
      <Button variant="primary" isDisabled={changed === 0} onPress={onPublish}>
        <Rocket size={16} aria-hidden />
        {t('def.publish')}
      </Button>
    </header>
  );
}
