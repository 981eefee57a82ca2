// The open document: editor, what became of the last save, delete.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { CloudCheck, RotateCcw, Trash2 } from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo } from 'react';
import { documentQuery, type StoredDocument, schemaQuery } from '../../api/draft';
import { type Finding, Problem } from '../../api/problem';
import { ErrorScreen } from '../../app/ErrorScreen';
import { useI18n } from '../../i18n/I18n';
import { Banner } from '../../ui/Banner';
import { Button } from '../../ui/Button';
import { EmptyState } from '../../ui/EmptyState';
import { Skeleton } from '../../ui/Skeleton';
import css from './definitions.module.css';
import { isKind } from './kinds';
import { type SaveState, useDocument } from './use-document';

const JsonEditor = lazy(() => import('./JsonEditor'));

interface Props {
  documentKey: string;
  findings: Finding[];
  goTo: { line: number; wish: number } | undefined;
  onDelete: () => void;
  /** The screen saves what is typed before it checks, plans or publishes. */
  onFlush: (flush: (() => Promise<void>) | undefined) => void;
}

export function DocumentPane(props: Props) {
  const { t } = useI18n();
  const { documentKey } = props;
  const stored = useQuery({ ...documentQuery(documentKey), refetchOnWindowFocus: false });
  if (stored.error instanceof Problem && stored.error.status === 404) {
    return <EmptyState title={t('def.gone')}>{t('def.goneHint')}</EmptyState>;
  }
  if (stored.isError) return <ErrorScreen error={stored.error} reset={() => void stored.refetch()} />;
  if (!stored.data) return <Skeleton rows={12} />;
  return <OpenDocument key={`${documentKey} ${stored.data.etag}`} {...props} stored={stored.data} />;
}

function OpenDocument({
  documentKey,
  stored,
  findings,
  goTo,
  onDelete,
  onFlush,
}: Props & { stored: StoredDocument }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const [, kind = '', name = ''] = documentKey.split('/');
  const schema = useQuery({ ...schemaQuery(kind), enabled: isKind(kind), retry: false });
  const { text, state, change, flush } = useDocument(documentKey, stored);
  useEffect(() => {
    onFlush(flush);
    return () => onFlush(undefined);
  }, [flush, onFlush]);
  const shown = useMemo(
    () => [...(state.kind === 'refused' ? state.findings : []), ...findings],
    [state, findings],
  );
  const reload = () => void client.resetQueries({ queryKey: documentQuery(documentKey).queryKey });
  return (
    <section className={css.pane} aria-label={documentKey}>
      <header className={css.paneHead}>
        <h2 className={css.paneTitle}>
          {name}
          <span className={css.paneKind}>{isKind(kind) ? t(`kind.${kind}`) : kind}</span>
        </h2>
        <Saved state={state} />
        <span className={css.spacer} />
        {kind === 'app' ? null : (
          <Button variant="quiet" icon aria-label={t('def.delete', { name })} onPress={onDelete}>
            <Trash2 size={16} aria-hidden />
          </Button>
        )}
      </header>
      <SaveTrouble state={state} onReload={reload} />
      <div className={css.editor}>
        <Suspense fallback={<Skeleton rows={12} />}>
          <JsonEditor
            label={t('def.editor', { name })}
            text={text}
            schema={schema.data}
            findings={shown}
            goTo={goTo}
            onChange={change}
          />
        </Suspense>
      </div>
    </section>
  );
}

function Saved({ state }: { state: SaveState }) {
  const { t } = useI18n();
  const key =
    state.kind === 'saved'
      ? 'def.saved'
      : state.kind === 'waiting' || state.kind === 'saving'
        ? 'def.saving'
        : 'def.notSaved';
  return (
    <span className={css.saved} data-trouble={key === 'def.notSaved' ? '' : undefined} role="status">
      {state.kind === 'saved' ? <CloudCheck size={15} aria-hidden /> : null}
      {t(key)}
    </span>
  );
}

function SaveTrouble({ state, onReload }: { state: SaveState; onReload: () => void }) {
  const { t } = useI18n();
  const reload = (
    <Button onPress={onReload}>
      <RotateCcw size={15} aria-hidden />
      {t('common.reload')}
    </Button>
  );
  switch (state.kind) {
    case 'syntax':
      return <Banner tone="bad">{t('def.syntax')}</Banner>;
    case 'offline':
      return <Banner tone="bad">{t('common.offline')}</Banner>;
    case 'stale':
      return (
        <Banner tone="warn" action={reload}>
          {t('def.stale')}
        </Banner>
      );
    case 'changedElsewhere':
      return (
        <Banner tone="warn" action={reload}>
          {t('def.changedElsewhere')}
        </Banner>
      );
    case 'refused':
      return (
        <Banner tone="bad">
          {state.findings.length === 0 ? state.message || t('common.unexpected') : null}
          <ul>
            {state.findings.map((finding) => (
              <li key={`${finding.pointer} ${finding.code} ${finding.message}`}>
                {finding.pointer ? <code>{finding.pointer}</code> : null} {finding.message}{' '}
                {finding.suggestion}
              </li>
            ))}
          </ul>
        </Banner>
      );
    default:
      return null;
  }
}
