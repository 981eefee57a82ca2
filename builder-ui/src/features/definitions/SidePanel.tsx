// The panel at the right: findings, plan or revisions.
import { X } from 'lucide-react';
import type { Revision } from '../../api/draft';
import type { Finding } from '../../api/problem';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import css from './definitions.module.css';
import { FindingsPanel } from './FindingsPanel';
import { PlanPanel } from './PlanPanel';
import { RevisionsPanel } from './RevisionsPanel';

interface Props {
  panel: string | undefined;
  revision: number | undefined;
  findings: Finding[] | null;
  isChecking: boolean;
  onPanel: (panel: string | undefined) => void;
  onFinding: (finding: Finding) => void;
  onRevision: (revision: number) => void;
  onRestore: (revision: Revision) => void;
  onUnused: () => void;
}

const TITLES = { check: 'def.findings', plan: 'def.plan', revisions: 'def.revisions' } as const;

export function SidePanel(props: Props) {
  const { panel, revision, findings, isChecking, onPanel, onFinding, onRevision, onRestore, onUnused } =
    props;
  const { t } = useI18n();
  if (panel !== 'check' && panel !== 'plan' && panel !== 'revisions') return null;
  const title = t(TITLES[panel]);
  return (
    <aside className={css.side} aria-label={title}>
      <header className={css.paneHead}>
        <h2 className={css.paneTitle}>{title}</h2>
        <span className={css.spacer} />
        <Button variant="quiet" icon aria-label={t('common.close')} onPress={() => onPanel(undefined)}>
          <X size={18} aria-hidden />
        </Button>
      </header>
      <div className={css.sideBody}>
        {panel === 'check' ? (
          <FindingsPanel findings={findings} isChecking={isChecking} onOpen={onFinding} />
        ) : null}
        {panel === 'plan' ? <PlanPanel /> : null}
        {panel === 'revisions' ? (
          <RevisionsPanel open={revision} onOpen={onRevision} onRestore={onRestore} onUnused={onUnused} />
        ) : null}
      </div>
    </aside>
  );
}
