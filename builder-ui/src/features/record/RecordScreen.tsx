// The page of one record, or of a new one.
import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { catalogQuery } from '../../api/definitions';
import { isProblem } from '../../api/problem';
import { type LoadedRecord, type RecordData, recordQuery } from '../../api/records';
import { ErrorScreen, NotFound } from '../../app/ErrorScreen';
import { type Catalog, type Entity, targetOf } from '../../definition/catalog';
import { labelOf, rememberLabel } from '../../fields/references';
import { Skeleton } from '../../ui/Skeleton';
import { expandOf } from './form-body';
import { RecordForm } from './RecordForm';

export default function RecordScreen() {
  const { app = '', entity: name = '', id = 'new' } = useParams({ strict: false });
  const key = `${app}.${name}`;
  const catalog = useSuspenseQuery(catalogQuery).data;
  const entity = catalog.entities.get(key);
  if (!entity) return <NotFound />;
  if (id === 'new') {
    if (!entity.rights.create) return <NotFound />;
    return <RecordForm key={`${key}/new`} entity={entity} loaded={undefined} onReload={() => {}} />;
  }
  return <StoredRecordScreen key={`${key}/${id}`} catalog={catalog} entity={entity} id={id} />;
}

/** Labels that came with the record need not be asked for again. */
function useRememberedLabels(catalog: Catalog, entity: Entity, record: RecordData | undefined) {
  const client = useQueryClient();
  useEffect(() => {
    const visit = (of: Entity, values: RecordData) => {
      for (const [name, value] of Object.entries(values)) {
        const field = of.fields.get(name);
        const target = field ? targetOf(catalog, of, field) : undefined;
        if (!target || typeof value !== 'object' || value === null) continue;
        if (Array.isArray(value) && field?.type !== 'links') {
          for (const row of value) visit(target, row as RecordData);
          continue;
        }
        for (const one of Array.isArray(value) ? (value as RecordData[]) : [value as RecordData]) {
          if ('id' in one && target.label in one)
            rememberLabel(client, target.key, String(one.id), labelOf(target, one));
        }
      }
    };
    if (record) visit(entity, record);
  }, [client, catalog, entity, record]);
}

function StoredRecordScreen({ catalog, entity, id }: { catalog: Catalog; entity: Entity; id: string }) {
  const query = useQuery({
    ...recordQuery(entity.key, id, expandOf(entity, catalog)),
    refetchOnWindowFocus: false,
  });
  const [shown, setShown] = useState<{ loaded: LoadedRecord; version: number } | null>(null);
  useRememberedLabels(catalog, entity, query.data?.record);
  // A form that is open outlives a reading that failed, but not the loss of the record.
  const lost = isProblem(query.error) && query.error.status === 404;
  if (query.isError && (shown === null || lost))
    return <ErrorScreen error={query.error} reset={() => void query.refetch()} />;
  // A form that is open keeps its record; only saving and reloading replace it.
  if (query.data && shown === null) setShown({ loaded: query.data, version: 0 });
  if (!shown) return <Skeleton rows={8} />;
  const reload = async () => {
    const fresh = await query.refetch();
    if (fresh.data) setShown({ loaded: fresh.data, version: shown.version + 1 });
  };
  return (
    <RecordForm
      key={shown.version}
      entity={entity}
      loaded={shown.loaded}
      latest={query.data?.record.revision}
      onReload={() => void reload()}
    />
  );
}
