// One row of a grid: plain spans; the grid's one input lies over the active cell.
import { Trash2 } from 'lucide-react';
import { memo, use } from 'react';
import { FieldValue } from '../fields/FieldValue';
import { isMask } from '../fields/mask';
import { useReferenceLabel } from '../fields/references';
import { LineReveal, RevealButton, useReveal } from '../fields/reveal';
import { useI18n } from '../i18n/I18n';
import { isReference } from './cell-text';
import css from './grid.module.css';
import type { GridColumn, GridRow } from './types';

interface Props {
  gridId: string;
  row: GridRow;
  index: number;
  top: number;
  columns: GridColumn[];
  template: string;
  /** The active column in this row, -1 for none. */
  cursor: number;
  errors: Record<string, string> | undefined;
  readOnly: boolean;
  onRemove: (key: string) => void;
}

export const GridRowView = memo(function GridRowView(props: Props) {
  const { gridId, row, index, top, columns, template, cursor, errors, readOnly, onRemove } = props;
  const { t } = useI18n();
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-row={index}
      className={css.row}
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: template }}
    >
      <span role="rowheader" className={css.rowNumber}>
        {index + 1}
      </span>
      {columns.map((column, place) => {
        const error = errors?.[column.name];
        return (
          <span
            role="gridcell"
            key={column.name}
            id={`${gridId}-${index}-${column.name}`}
            data-column={place}
            data-name={column.name}
            aria-colindex={place + 2}
            aria-readonly={column.readOnly || undefined}
            aria-invalid={error ? true : undefined}
            title={error}
            data-cursor={cursor === place ? '' : undefined}
            className={`${css.cell} ${column.numeric ? css.numeric : ''} ${column.readOnly && !readOnly ? css.derived : ''}`}
          >
            <CellValue column={column} row={row} />
          </span>
        );
      })}
      {readOnly ? null : (
        <span role="gridcell" className={css.rowEnd}>
          <button
            type="button"
            tabIndex={-1}
            className={css.remove}
            aria-label={t('grid.removeRow', { n: index + 1 })}
            onClick={() => onRemove(row.key)}
          >
            <Trash2 size={15} aria-hidden />
          </button>
        </span>
      )}
    </div>
  );
});

function CellValue({ column, row }: { column: GridColumn; row: GridRow }) {
  const value = row.values[column.name];
  if (isReference(column.field)) return <ReferenceCell column={column} value={value} />;
  if (isMask(value)) return <HiddenCell column={column} row={row} />;
  return (
    <span className={css.clip}>
      <FieldValue isCell field={column.field} value={value} />
    </span>
  );
}

/** A hidden value with its eye. */
function HiddenCell({ column, row }: { column: GridColumn; row: GridRow }) {
  const reveal = useReveal(row.values[column.name], use(LineReveal)?.(row.key, column.name));
  return (
    <span className={css.hidden} title={reveal.failed}>
      <span className={css.clip} data-revealed={reveal.isShown || undefined}>
        <FieldValue isCell field={column.field} value={reveal.value} />
      </span>
      <RevealButton label={column.title} reveal={reveal} />
    </span>
  );
}

function ReferenceCell({ column, value }: { column: GridColumn; value: unknown }) {
  const label = useReferenceLabel(column.target, value);
  return <span className={css.clip}>{label}</span>;
}
