// What a revision changed against the one before, document by document.
import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useMemo } from 'react';
import { type DocumentDiff, diffQuery, print } from '../../api/draft';
import { useI18n } from '../../i18n/I18n';
import { Banner } from '../../ui/Banner';
import { Button } from '../../ui/Button';
import { EmptyState } from '../../ui/EmptyState';
import { Skeleton } from '../../ui/Skeleton';
import { Tag } from '../../ui/Tag';
import css from './definitions.module.css';
import { keyOf } from './kinds';
import { diffLines, hunks } from './line-diff';
import panelCss from './panels.module.css';

export function DiffPane({ revision, onClose }: { revision: number; onClose: () => void }) {
  const { t } = useI18n();
  const diff = useQuery(diffQuery(revision));
  return (
    <section className={css.pane} aria-label={t('def.changesOf', { n: revision })}>
      <header className={css.paneHead}>
        <h2 className={css.paneTitle}>{t('def.changesOf', { n: revision })}</h2>
        <span className={css.spacer} />
        <Button variant="quiet" icon aria-label={t('common.close')} onPress={onClose}>
          <X size={18} aria-hidden />
        </Button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className={panelCss.diffs} tabIndex={0} aria-label={t('def.changesOf', { n: revision })}>
        {diff.isPending ? <Skeleton rows={8} /> : null}
        {diff.isError ? <Banner tone="bad">{diff.error.message}</Banner> : null}
        {diff.data?.length === 0 ? <EmptyState title={t('def.noChanges')} /> : null}
        {(diff.data ?? []).map((document) => (
          <DocumentDiffView key={keyOf(document)} diff={document} />
        ))}
      </section>
    </section>
  );
}

const COLORS = { added: 'green', removed: 'red', changed: 'orange' } as const;
const SIGNS = { same: ' ', added: '+', removed: '−' };

function DocumentDiffView({ diff }: { diff: DocumentDiff }) {
  const { t } = useI18n();
  const pieces = useMemo(() => {
    const text = (document: unknown) => (document === null || document === undefined ? '' : print(document));
    return hunks(diffLines(text(diff.before), text(diff.after)));
  }, [diff]);
  return (
    <article className={panelCss.diff}>
      <h3 className={panelCss.diffHead}>
        {keyOf(diff)} <Tag color={COLORS[diff.state]}>{t(`def.state.${diff.state}`)}</Tag>
      </h3>
      {pieces.map((piece) => (
        <table key={`${piece[0]?.before} ${piece[0]?.after}`} className={panelCss.lines}>
          <tbody>
            {piece.map((line) => (
              <tr key={`${line.before} ${line.after}`} data-kind={line.kind}>
                <td className={panelCss.lineNumber}>{line.before}</td>
                <td className={panelCss.lineNumber}>{line.after}</td>
                <td className={panelCss.sign}>{SIGNS[line.kind]}</td>
                <td className={panelCss.lineText}>{line.text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </article>
  );
}
