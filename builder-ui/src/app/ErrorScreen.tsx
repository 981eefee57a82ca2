// What is shown instead of a screen that could not be loaded or broke.
import { useQueryErrorResetBoundary } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { CloudOff, SearchX, TriangleAlert } from 'lucide-react';
import { Offline, Problem } from '../api/problem';
import { useI18n } from '../i18n/I18n';
import { Button } from '../ui/Button';
import { EmptyState } from '../ui/EmptyState';

export function ErrorScreen({ error, reset }: { error: unknown; reset?: () => void }) {
  const { t } = useI18n();
  const router = useRouter();
  const queries = useQueryErrorResetBoundary();
  if (error instanceof Problem && error.status === 404) return <NotFound />;
  const offline = error instanceof Offline;
  const again = () => {
    queries.reset();
    reset?.();
    void router.invalidate();
  };
  return (
    <EmptyState
      title={t(offline ? 'frame.offlineTitle' : 'frame.errorTitle')}
      icon={offline ? <CloudOff size={28} aria-hidden /> : <TriangleAlert size={28} aria-hidden />}
      action={
        <Button variant="primary" onPress={again}>
          {t('common.retry')}
        </Button>
      }
    >
      {offline ? t('common.offline') : error instanceof Problem ? error.message : t('common.unexpected')}
    </EmptyState>
  );
}

export function NotFound() {
  const { t } = useI18n();
  return (
    <EmptyState
      title={t('frame.notFound')}
      icon={<SearchX size={28} aria-hidden />}
      action={
        <Link to="/" search={{}}>
          {t('frame.toStart')}
        </Link>
      }
    >
      {t('frame.notFoundHint')}
    </EmptyState>
  );
}
