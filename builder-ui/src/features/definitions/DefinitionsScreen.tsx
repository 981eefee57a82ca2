// The administrator's page: documents of the draft, editor, findings, plan, publishing, revisions.
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { FileJson2 } from 'lucide-react';
import { useCallback, useRef, useState } from 'react';
import { draftQuery } from '../../api/draft';
import type { Finding } from '../../api/problem';
import { sessionQuery } from '../../api/session';
import { ErrorScreen, NotFound } from '../../app/ErrorScreen';
import type { DefinitionsSearch } from '../../app/router';
import { useI18n } from '../../i18n/I18n';
import { EmptyState } from '../../ui/EmptyState';
import { Skeleton } from '../../ui/Skeleton';
import { DefinitionsBar } from './DefinitionsBar';
import { DiffPane } from './DiffPane';
import { DocumentPane } from './DocumentPane';
import { DocumentTree } from './DocumentTree';
import { DraftDialogs, type OpenDialog } from './DraftDialogs';
import css from './definitions.module.css';
import { SidePanel } from './SidePanel';
import { useCheck } from './use-check';

export default function DefinitionsScreen() {
  const session = useSuspenseQuery(sessionQuery).data;
  return session?.administrator ? <Definitions /> : <NotFound />;
}

function Definitions() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as DefinitionsSearch;
  const draft = useQuery(draftQuery);
  const flush = useRef<(() => Promise<void>) | undefined>(undefined);
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const [goTo, setGoTo] = useState<{ line: number; wish: number }>();
  const check = useCheck();
  const go = (change: Partial<DefinitionsSearch>) =>
    navigate({ to: '/definitions', search: { ...search, revision: undefined, ...change } });
  const onFlush = useCallback((next: (() => Promise<void>) | undefined) => {
    flush.current = next;
  }, []);
  const saved = async () => flush.current?.();
  const openFinding = (finding: Finding) => {
    setGoTo({ line: finding.line, wish: (goTo?.wish ?? 0) + 1 });
    void go({ doc: `${finding.app}/${finding.kind}/${finding.name}` });
  };
  const runCheck = async () => {
    await saved();
    void go({ panel: 'check' });
    await check.run();
  };
  const showPlan = async () => {
    await saved();
    await go({ panel: 'plan' });
  };
  const ask = async (next: OpenDialog) => {
    await saved();
    setDialog(next);
  };
  if (draft.isError) return <ErrorScreen error={draft.error} reset={() => void draft.refetch()} />;
  if (!draft.data) return <Skeleton rows={12} />;
  const { documents, changed } = draft.data;
  const here = (check.findings ?? []).filter(
    ({ app, kind, name }) => `${app}/${kind}/${name}` === search.doc,
  );
  return (
    <div className={css.screen}>
      <title>{`${t('frame.definitions')} · Kontor`}</title>
      <DefinitionsBar
        draft={draft.data}
        isChecking={check.isRunning}
        onCheck={() => void runCheck()}
        onPlan={() => void showPlan()}
        onPublish={() => void ask({ kind: 'publish' })}
        onDiscard={() => void ask({ kind: 'discard' })}
        onRevisions={() => void go({ panel: 'revisions' })}
      />
      <div className={css.body} data-panel={search.panel ? '' : undefined}>
        <DocumentTree
          documents={documents}
          open={search.doc}
          onOpen={(doc) => {
            setGoTo(undefined);
            void go({ doc });
          }}
          onNew={() => setDialog({ kind: 'new' })}
        />
        <div className={css.center}>
          {search.revision ? (
            <DiffPane revision={Number(search.revision)} onClose={() => void go({})} />
          ) : search.doc ? (
            <DocumentPane
              documentKey={search.doc}
              findings={here}
              goTo={goTo}
              onFlush={onFlush}
              onDelete={() => setDialog({ kind: 'delete', key: search.doc ?? '' })}
            />
          ) : (
            <EmptyState title={t('def.chooseTitle')} icon={<FileJson2 size={28} aria-hidden />}>
              {t(changed.length > 0 ? 'def.chooseChanged' : 'def.chooseHint', { n: changed.length })}
            </EmptyState>
          )}
        </div>
        <SidePanel
          panel={search.panel}
          revision={search.revision ? Number(search.revision) : undefined}
          findings={check.findings}
          isChecking={check.isRunning}
          onPanel={(panel) =>
            void go({ panel, revision: panel === 'revisions' ? search.revision : undefined })
          }
          onFinding={openFinding}
          onRevision={(revision) => void go({ panel: 'revisions', revision: String(revision) })}
          onUnused={() => void ask({ kind: 'unused' })}
          onRestore={(revision) => setDialog({ kind: 'restore', revision: revision.revision })}
        />
      </div>
      <DraftDialogs
        dialog={dialog}
        documents={documents}
        onClose={() => setDialog(null)}
        onOpen={(doc) => void go({ doc })}
        onPublished={() => {
          check.clear();
          void go({ panel: undefined });
        }}
        onRefused={(findings) => {
          check.show(findings);
          void go({ panel: 'check' });
        }}
      />
    </div>
  );
}
