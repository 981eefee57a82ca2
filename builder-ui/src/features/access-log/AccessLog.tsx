// The administrator's view of the access log: newest first, cut down by what was done, by whom and when.
import { useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { RefreshCw, X } from 'lucide-react';
import { ACCESS_KINDS, accessLogQuery } from '../../api/access-log';
import { catalogQuery } from '../../api/definitions';
import { sessionQuery } from '../../api/session';
import { ErrorScreen, NotFound } from '../../app/ErrorScreen';
import type { AccessLogSearch } from '../../app/router';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import { DateInput } from '../../ui/DateInput';
import { EmptyState } from '../../ui/EmptyState';
import { Select } from '../../ui/Select';
import { Skeleton } from '../../ui/Skeleton';
import { usePhone } from '../../ui/use-media';
import css from './access-log.module.css';
import { LogCards } from './LogCards';
import { LogTable } from './LogTable';

export default function AccessLog() {
  const session = useSuspenseQuery(sessionQuery).data;
  return session?.administrator ? <Log /> : <NotFound />;
}

function Log() {
  const { t, text } = useI18n();
  const phone = usePhone();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as AccessLogSearch;
  const catalog = useSuspenseQuery(catalogQuery).data;
  const log = useInfiniteQuery(accessLogQuery(search));
  const items = log.data?.pages.flatMap((page) => page.items) ?? [];
  const put = (change: AccessLogSearch) =>
    void navigate({ to: '/access-log', search: { ...search, ...change }, replace: true });
  const narrowed = Object.values(search).some(Boolean);
  const words = { t, text, catalog };
  const person = items.find((access) => access.person?.id === search.person)?.person?.label;
  const shared = { items, words, onPerson: (person: string) => put({ person }) };
  return (
    <div className={css.screen}>
      <title>{`${t('log.title')} · Kontor`}</title>
      <header className={css.head}>
        <div>
          <h1>{t('log.title')}</h1>
          <p>{t('log.hint')}</p>
        </div>
        <Button onPress={() => void log.refetch()} isDisabled={log.isFetching}>
          <RefreshCw size={16} aria-hidden />
          {t('log.refresh')}
        </Button>
      </header>
      <search className={css.filters} aria-label={t('list.filter')}>
        <Select
          label={t('log.kind')}
          className={css.kind}
          options={ACCESS_KINDS.map((kind) => ({ id: kind, label: t(`log.kind.${kind}`) }))}
          value={search.kind ?? null}
          emptyLabel={t('log.allKinds')}
          onChange={(kind) => put({ kind: kind ?? undefined })}
        />
        <DateInput
          label={t('log.from')}
          value={search.from ?? null}
          onChange={(day) => put({ from: day ?? undefined })}
        />
        <DateInput
          label={t('log.until')}
          value={search.until ?? null}
          onChange={(day) => put({ until: day ?? undefined })}
        />
        {search.person ? (
          <Button aria-label={t('log.anyPerson')} onPress={() => put({ person: undefined })}>
            {t('log.person', { who: person ?? t('log.someone') })}
            <X size={16} aria-hidden />
          </Button>
        ) : null}
        {narrowed ? (
          <Button
            variant="quiet"
            onPress={() => void navigate({ to: '/access-log', search: {}, replace: true })}
          >
            <X size={16} aria-hidden />
            {t('log.clear')}
          </Button>
        ) : null}
      </search>
      {log.isError ? (
        <ErrorScreen error={log.error} reset={() => void log.refetch()} />
      ) : log.isPending ? (
        <Skeleton rows={10} />
      ) : items.length === 0 ? (
        <EmptyState title={t(narrowed ? 'log.noMatch' : 'log.empty')}>
          {narrowed ? t('log.noMatchHint') : null}
        </EmptyState>
      ) : (
        <div className={css.scroller}>
          {phone ? <LogCards {...shared} /> : <LogTable {...shared} />}
          {log.hasNextPage ? (
            <Button className={css.more} isDisabled={log.isFetching} onPress={() => void log.fetchNextPage()}>
              {t('log.more')}
            </Button>
          ) : null}
        </div>
      )}
    </div>
  );
}
