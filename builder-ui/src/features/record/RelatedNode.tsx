// Records of another entity that refer to this one.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useId } from 'react';
import { fetchList } from '../../api/records';
import { placeOfEntity } from '../../app/place';
import { entityNamed, viewOf } from '../../definition/catalog';
import type { NodeDoc } from '../../definition/documents';
import { joinFilters, quote } from '../../definition/filter';
import { cellOf, columnsOf, requestedFields } from '../../fields/columns';
import { FieldValue } from '../../fields/FieldValue';
import { useI18n } from '../../i18n/I18n';
import { Skeleton } from '../../ui/Skeleton';
import css from './form.module.css';
import { useCondition, useForm, useFormState } from './form-context';

const SHOWN = 20;

export function RelatedNode({ node }: { node: NodeDoc }) {
  const { t, text } = useI18n();
  const { catalog, entity } = useForm();
  const heading = useId();
  const visible = useCondition(node, 'visible', true);
  const id = useFormState((state) => state.id);
  const target = node.entity ? entityNamed(catalog, node.entity, entity.app) : undefined;
  const view = target ? viewOf(catalog, target, node.view) : undefined;
  const columns = target ? columnsOf(catalog, target, view) : [];
  const parameters = {
    entity: target?.key ?? '',
    filter: joinFilters(view?.filter, `${node.by} == ${quote(id ?? '')}`),
    sort: view?.sort?.join(',') || undefined,
    fields: requestedFields(columns) || undefined,
    limit: SHOWN,
  };
  const related = useQuery({
    queryKey: ['records', parameters.entity, 'related', parameters],
    queryFn: ({ signal }) => fetchList(parameters, undefined, signal),
    enabled: Boolean(target && node.by && id && visible),
  });
  if (!target || !id || !visible) return null;
  const records = related.data?.items ?? [];
  return (
    <section className={css.panel} aria-labelledby={heading}>
      <h2 id={heading} className={css.heading}>
        {text(node.title) || text(view?.title) || text(target.document.title)}
      </h2>
      {related.isPending ? <Skeleton rows={3} /> : null}
      {related.isError ? <p className={css.quiet}>{t('record.relatedFailed')}</p> : null}
      {related.data && records.length === 0 ? <p className={css.quiet}>{t('record.relatedEmpty')}</p> : null}
      {records.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls sideways must be reachable by keyboard
        <section className={css.tableBox} tabIndex={0} aria-labelledby={heading}>
          <table className={css.table}>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column.path} className={column.numeric ? 'num' : undefined} scope="col">
                    {text(column.title)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {records.map((record) => (
                <tr key={record.id}>
                  {columns.map((column, index) => (
                    <td key={column.path} className={column.numeric ? 'num' : undefined}>
                      {index === 0 ? (
                        <Link
                          to="/records/$app/$entity/$id"
                          params={{ ...placeOfEntity(target.key), id: record.id }}
                        >
                          <FieldValue {...cellOf(column, record)} />
                        </Link>
                      ) : (
                        <FieldValue {...cellOf(column, record)} />
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
    </section>
  );
}
