// Lines on a phone: a card per row, and an editor over the whole screen.
import { ChevronLeft, ChevronRight, Pencil, Plus, Trash2 } from 'lucide-react';
import { use, useState } from 'react';
import type { Entity } from '../../definition/catalog';
import { sumDecimals } from '../../definition/decimal';
import { FieldInput } from '../../fields/FieldInput';
import { FieldValue } from '../../fields/FieldValue';
import { filesOf } from '../../fields/files';
import { isMask } from '../../fields/mask';
import { useReferenceLabel } from '../../fields/references';
import { LineReveal, RevealButton, useReveal } from '../../fields/reveal';
import { valueText } from '../../fields/value-text';
import { isFiles, isReference } from '../../grid/cell-text';
import type { CellChange, GridColumn } from '../../grid/types';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { measuresOf } from './form-context';
import type { LineRow } from './form-store';
import css from './line-cards.module.css';

interface Props {
  label: string;
  lines: Entity;
  columns: GridColumn[];
  rows: LineRow[];
  readOnly: boolean;
  errors: Record<string, Record<string, string>>;
  totals: string[];
  onCells: (changes: CellChange[]) => void;
  onAdd: (at: number) => string;
  onRemove: (key: string) => void;
}

export function LineCards(props: Props) {
  const { label, columns, rows, readOnly, errors, totals, onAdd } = props;
  const { t, locale } = useI18n();
  const [open, setOpen] = useState<string | null>(null);
  const index = rows.findIndex((row) => row.key === open);
  const row = rows[index];
  return (
    <>
      <ol className={css.cards} aria-label={label}>
        {rows.map((each, place) => (
          <li key={each.key}>
            <LineCard
              columns={columns}
              row={each}
              number={place + 1}
              isWrong={Boolean(errors[each.key])}
              onOpen={() => setOpen(each.key)}
            />
          </li>
        ))}
      </ol>
      {readOnly ? null : (
        <Button className={css.add} onPress={() => setOpen(onAdd(rows.length))}>
          <Plus size={16} aria-hidden />
          {t('grid.addRow')}
        </Button>
      )}
      {totals.length > 0 ? (
        <dl className={css.totals}>
          {columns
            .filter((column) => totals.includes(column.name))
            .map((column) => (
              <div key={column.name}>
                <dt>{t('grid.totalOf', { column: column.title })}</dt>
                <dd data-total={column.name}>
                  {valueText(column.field, sumDecimals(rows.map((each) => each.values[column.name])), {
                    locale,
                    yes: '',
                    no: '',
                  })}
                </dd>
              </div>
            ))}
        </dl>
      ) : null}
      {row ? (
        <LineEditor
          {...props}
          row={row}
          number={index + 1}
          onClose={() => setOpen(null)}
          key={row.key}
          onMove={(by) => setOpen(rows[index + by]?.key ?? open)}
        />
      ) : null}
    </>
  );
}

interface CardProps {
  columns: GridColumn[];
  row: LineRow;
  number: number;
  isWrong: boolean;
  onOpen: () => void;
}

function LineCard({ columns, row, number, isWrong, onOpen }: CardProps) {
  const { t } = useI18n();
  const [head, ...rest] = columns;
  const title = useReferenceLabel(
    head?.target,
    head && isReference(head.field) ? row.values[head.name] : null,
  );
  if (!head) return null;
  const numbers = rest.filter((column) => column.numeric);
  const files = rest.filter((column) => isFiles(column.field) && filesOf(row.values[column.name]).length > 0);
  return (
    <button type="button" className={css.card} data-wrong={isWrong ? '' : undefined} onClick={onOpen}>
      <span className={css.number}>{number}</span>
      <span className={css.title}>
        {isReference(head.field) ? (
          title || t('grid.blank')
        ) : (
          <FieldValue isCell field={head.field} value={row.values[head.name]} />
        )}
      </span>
      <span className={css.numbers}>
        {numbers.map((column) => (
          <span key={column.name} className={css.pair}>
            <span className={css.name}>{column.title}</span>
            <FieldValue field={column.field} value={row.values[column.name]} />
          </span>
        ))}
        {files.map((column) => (
          <span key={column.name} className={css.pair}>
            <span className={css.name}>{column.title}</span>
            <FieldValue isCell field={column.field} value={row.values[column.name]} />
          </span>
        ))}
      </span>
    </button>
  );
}

interface EditorProps extends Props {
  row: LineRow;
  number: number;
  onClose: () => void;
  onMove: (by: number) => void;
}

function LineEditor({
  label,
  lines,
  columns,
  rows,
  row,
  number,
  readOnly,
  errors,
  onCells,
  onRemove,
  onClose,
  onMove,
}: EditorProps) {
  const { t, locale } = useI18n();
  const [replaced, setReplaced] = useState<string>();
  const wrong = errors[row.key];
  return (
    <Dialog
      size="full"
      title={t('grid.rowTitle', { what: label, n: number })}
      onClose={onClose}
      actions={
        <>
          {readOnly ? null : (
            <Button
              variant="danger"
              icon
              aria-label={t('grid.removeRow', { n: number })}
              onPress={() => {
                onRemove(row.key);
                onClose();
              }}
            >
              <Trash2 size={16} aria-hidden />
            </Button>
          )}
          <span className={css.spacer} />
          <Button icon aria-label={t('grid.previous')} isDisabled={number === 1} onPress={() => onMove(-1)}>
            <ChevronLeft size={18} aria-hidden />
          </Button>
          <Button
            icon
            aria-label={t('grid.next')}
            isDisabled={number === rows.length}
            onPress={() => onMove(1)}
          >
            <ChevronRight size={18} aria-hidden />
          </Button>
          <Button variant="primary" onPress={onClose}>
            {t('grid.done')}
          </Button>
        </>
      }
    >
      <div className={css.fields}>
        {columns.map((column) =>
          column.readOnly || readOnly || (isMask(row.values[column.name]) && replaced !== column.name) ? (
            <LineValue
              key={column.name}
              column={column}
              row={row}
              onReplace={column.readOnly || readOnly ? undefined : () => setReplaced(column.name)}
            />
          ) : (
            <FieldInput
              key={column.name}
              field={column.field}
              target={column.target}
              label={column.title}
              isRequired={column.required}
              value={row.values[column.name] ?? null}
              error={wrong?.[column.name]}
              {...measuresOf(lines, column.field, row.values, locale)}
              onChange={(value) => onCells([{ row: row.key, column: column.name, value }])}
            />
          ),
        )}
      </div>
    </Dialog>
  );
}

interface ValueProps {
  column: GridColumn;
  row: LineRow;
  /** Opens the input over a hidden value. */
  onReplace: (() => void) | undefined;
}

function LineValue({ column, row, onReplace }: ValueProps) {
  const { t } = useI18n();
  const value = row.values[column.name];
  const label = useReferenceLabel(column.target, isReference(column.field) ? value : null);
  const reveal = useReveal(value, use(LineReveal)?.(row.key, column.name));
  return (
    <dl className={css.value}>
      <dt>{column.title}</dt>
      <dd>
        <FieldValue field={column.field} value={reveal.value} label={label} />
        <RevealButton label={column.title} reveal={reveal} />
        {onReplace && isMask(value) ? (
          <Button
            variant="quiet"
            icon
            aria-label={t('field.change', { field: column.title })}
            onPress={onReplace}
          >
            <Pencil size={16} aria-hidden />
          </Button>
        ) : null}
      </dd>
      {reveal.failed ? <dd className={css.failed}>{reveal.failed}</dd> : null}
    </dl>
  );
}
