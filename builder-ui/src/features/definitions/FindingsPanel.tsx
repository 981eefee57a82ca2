// What the check found; each entry leads to its document and line.
import { CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import type { Finding } from '../../api/problem';
import { useI18n } from '../../i18n/I18n';
import { EmptyState } from '../../ui/EmptyState';
import css from './panels.module.css';

interface Props {
  /** `null` before the first check. */
  findings: Finding[] | null;
  isChecking: boolean;
  onOpen: (finding: Finding) => void;
}

export function FindingsPanel({ findings, isChecking, onOpen }: Props) {
  const { t } = useI18n();
  if (isChecking) return <p className={css.quiet}>{t('def.checking')}</p>;
  if (findings === null) return <p className={css.quiet}>{t('def.notChecked')}</p>;
  if (findings.length === 0) {
    return <EmptyState title={t('def.clean')} icon={<CircleCheck size={28} aria-hidden />} />;
  }
  const ordered = findings.toSorted(
    (a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'),
  );
  return (
    <ul className={css.list} aria-label={t('def.findings')}>
      {ordered.map((finding) => (
        <li key={`${finding.file} ${finding.pointer} ${finding.code} ${finding.line}:${finding.column}`}>
          <button type="button" className={css.finding} onClick={() => onOpen(finding)}>
            {finding.severity === 'error' ? (
              <CircleAlert size={16} className={css.error} role="img" aria-label={t('def.error')} />
            ) : (
              <TriangleAlert size={16} className={css.warning} role="img" aria-label={t('def.warning')} />
            )}
            <span className={css.findingText}>
              <span className={css.place}>
                {finding.app}/{finding.name} · {t('def.line', { n: finding.line })}
                <code className={css.pointer}>{finding.pointer}</code>
              </span>
              <span>{finding.message}</span>
              {finding.suggestion ? <span className={css.suggestion}>{finding.suggestion}</span> : null}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
