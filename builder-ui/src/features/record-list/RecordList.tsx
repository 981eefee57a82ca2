// The list of an entity's records through one of its views.
import { keepPreviousData, useInfiniteQuery, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Archive, Filter, Plus } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { catalogQuery } from '../../api/definitions';
import { countRecords, type ListParameters, listQuery } from '../../api/records';
import { ErrorScreen, NotFound } from '../../app/ErrorScreen';
import { placeOfEntity } from '../../app/place';
import type { ListSearch } from '../../app/router';
import { type Entity, viewOf } from '../../definition/catalog';
import type { FieldDoc, ViewDoc } from '../../definition/documents';
import { isSearchable, joinFilters, searchText } from '../../definition/filter';
import { columnsOf, expandedLinks, nextSort, requestedFields } from '../../fields/columns';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import { EmptyState } from '../../ui/EmptyState';
import { Skeleton } from '../../ui/Skeleton';
import { usePhone } from '../../ui/use-media';
import { FilterPanel } from './FilterPanel';
import { ListCards } from './ListCards';
import { ListTable } from './ListTable';
import css from './list.module.css';
import { QuickSearch } from './QuickSearch';

export default function RecordList() {
  const { app = '', entity: name = '' } = useParams({ strict: false });
  const key = `${app}.${name}`;
  const search = useSearch({ strict: false }) as ListSearch;
  const catalog = useSuspenseQuery(catalogQuery).data;
  const entity = catalog.entities.get(key);
  if (!entity) return <NotFound />;
  const view = viewOf(catalog, entity, search.view);
  return <List key={`${key}/${view?.name}`} entity={entity} view={view} search={search} />;
}

/** The fields of the entity that a quick search looks through. */
function searchedFields(entity: Entity): FieldDoc[] {
  return [...entity.fields.values()].filter((field) => field.name === entity.label || field.searchable);
}

/** Words find live records by the index; in the archive, which no index covers, texts that contain what was typed. */
function searchOf(fields: FieldDoc[], search: ListSearch): Pick<ListParameters, 'q' | 'filter'> {
  if (!search.q || search.archived !== 'only') return { q: search.q };
  const paths = fields.filter(isSearchable).map((field) => field.name);
  return { filter: paths.length > 0 ? searchText(paths, search.q) : undefined };
}

function List({ entity, view, search }: { entity: Entity; view: ViewDoc | undefined; search: ListSearch }) {
  const { t, text } = useI18n();
  const navigate = useNavigate();
  const phone = usePhone();
  const catalog = useSuspenseQuery(catalogQuery).data;
  const [filtering, setFiltering] = useState(Boolean(search.filter));
  const columns = useMemo(() => columnsOf(catalog, entity, view), [catalog, entity, view]);
  const searched = useMemo(() => searchedFields(entity), [entity]);
  const words = searchOf(searched, search);
  const parameters: ListParameters = {
    entity: entity.key,
    filter: joinFilters(view?.filter, search.filter, words.filter),
    q: words.q,
    sort: search.sort ?? (view?.sort?.join(',') || undefined),
    fields: requestedFields(columns) || undefined,
    expand: expandedLinks(columns) || undefined,
    archived: search.archived === 'only' ? 'only' : undefined,
  };
  const list = useInfiniteQuery({ ...listQuery(parameters), placeholderData: keepPreviousData });
  const records = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const put = (change: Partial<ListSearch>) =>
    navigate({
      to: '/records/$app/$entity',
      params: placeOfEntity(entity.key),
      search: { ...search, ...change },
      replace: true,
    });
  const { fetchNextPage } = list;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const title = text(view?.title) || text(entity.document.title);
  const narrowed = Boolean(search.filter || search.q || search.archived);
  const create = () =>
    navigate({ to: '/records/$app/$entity/$id', params: { ...placeOfEntity(entity.key), id: 'new' } });
  const shared = {
    label: title,
    entity: entity.key,
    columns,
    records,
    hasMore: list.hasNextPage,
    isFetching: list.isFetching,
    onMore: more,
  };
  return (
    <div className={css.screen}>
      <title>{`${title} · Kontor`}</title>
      <header className={css.bar}>
        <h1>{title}</h1>
        <Count
          parameters={parameters}
          loaded={records.length}
          complete={!list.hasNextPage && !list.isPending}
        />
        <span className={css.spacer} />
        {searched.length > 0 ? (
          <QuickSearch value={search.q ?? ''} onSearch={(q) => void put({ q })} />
        ) : null}
        <Button
          aria-pressed={filtering}
          onPress={() => setFiltering(!filtering)}
          aria-label={t('list.filter')}
        >
          <Filter size={16} aria-hidden />
          {phone ? null : t('list.filter')}
        </Button>
        <Button
          icon
          aria-pressed={search.archived === 'only'}
          aria-label={t(search.archived ? 'list.hideArchived' : 'list.showArchived')}
          className={search.archived ? css.pressed : undefined}
          onPress={() => void put({ archived: search.archived ? undefined : 'only' })}
        >
          <Archive size={16} aria-hidden />
        </Button>
        {entity.rights.create ? (
          <Button variant="primary" onPress={() => void create()}>
            <Plus size={16} aria-hidden />
            {t('common.new')}
          </Button>
        ) : null}
      </header>
      {filtering ? (
        <FilterPanel
          key={search.filter ?? ''}
          catalog={catalog}
          entity={entity}
          filter={search.filter}
          onApply={(filter) => void put({ filter })}
        />
      ) : null}
      {list.isError ? (
        <ErrorScreen error={list.error} reset={() => void list.refetch()} />
      ) : list.isPending ? (
        <div className={css.waiting}>
          <Skeleton rows={10} />
        </div>
      ) : records.length === 0 ? (
        <div className={css.waiting}>
          <Nothing
            title={title}
            narrowed={narrowed}
            onCreate={entity.rights.create ? () => void create() : undefined}
          />
        </div>
      ) : phone ? (
        <ListCards {...shared} labelField={entity.label} />
      ) : (
        <ListTable
          {...shared}
          listKey={`${entity.key}/${view?.name ?? ''}`}
          sort={parameters.sort}
          onSort={(path) => void put({ sort: nextSort(search.sort ?? parameters.sort, path) })}
        />
      )}
    </div>
  );
}

/** How many records there are: counted only when asked for, as counting many takes time. */
function Count({
  parameters,
  loaded,
  complete,
}: {
  parameters: ListParameters;
  loaded: number;
  complete: boolean;
}) {
  const { t, locale } = useI18n();
  const count = useQuery({
    queryKey: ['records', parameters.entity, 'count', parameters],
    queryFn: () => countRecords(parameters),
    enabled: false,
  });
  const known = complete ? loaded : count.data;
  return (
    <span className={css.count} role="status">
      {known === undefined ? (
        <button type="button" className={css.countButton} onClick={() => void count.refetch()}>
          {t('list.countMore', { n: loaded })}
        </button>
      ) : (
        t('list.count', { n: known.toLocaleString(locale) })
      )}
    </span>
  );
}

function Nothing({
  title,
  narrowed,
  onCreate,
}: {
  title: string;
  narrowed: boolean;
  onCreate: (() => void) | undefined;
}) {
  const { t } = useI18n();
  if (narrowed) return <EmptyState title={t('list.noMatch')}>{t('list.noMatchHint')}</EmptyState>;
  return (
    <EmptyState
      title={t('list.empty', { what: title })}
      action={
        onCreate ? (
          <Button variant="primary" onPress={onCreate}>
            <Plus size={16} aria-hidden />
            {t('list.createFirst')}
          </Button>
        ) : null
      }
    >
      {t(onCreate ? 'list.emptyHint' : 'list.emptyReadOnly')}
    </EmptyState>
  );
}
