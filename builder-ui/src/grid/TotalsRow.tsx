// The sums below a grid, exact, and always in sight.
import { sumDecimals } from '../definition/decimal';
import { valueText } from '../fields/value-text';
import { useI18n } from '../i18n/I18n';
import css from './grid.module.css';
import type { GridColumn, GridRow } from './types';

interface Props {
  columns: GridColumn[];
  rows: GridRow[];
  totals: string[];
  template: string;
  readOnly: boolean;
}

export function TotalsRow({ columns, rows, totals, template, readOnly }: Props) {
  const { t, locale } = useI18n();
  return (
    <div role="rowgroup" className={css.totalGroup}>
      <div role="row" className={`${css.row} ${css.total}`} style={{ gridTemplateColumns: template }}>
        <span role="rowheader" className={css.rowNumber} aria-label={t('grid.total')}>
          Σ
        </span>
        {columns.map((column) => (
          <span role="gridcell" key={column.name} className={css.numeric} data-total={column.name}>
            {totals.includes(column.name)
              ? valueText(column.field, sumDecimals(rows.map((row) => row.values[column.name])), {
                  locale,
                  yes: '',
                  no: '',
                })
              : ''}
          </span>
        ))}
        {readOnly ? null : <span role="gridcell" />}
      </div>
    </div>
  );
}
