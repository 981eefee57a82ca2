// Grey bars in the shape of what is coming.
import { useI18n } from '../i18n/I18n';
import css from './Skeleton.module.css';

export function Skeleton({ rows = 6 }: { rows?: number }) {
  const { t } = useI18n();
  return (
    <div className={css.skeleton} role="status" aria-label={t('common.loading')}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars have no identity and never move
        <span key={row} className={css.bar} style={{ width: `${88 - ((row * 17) % 40)}%` }} />
      ))}
    </div>
  );
}
