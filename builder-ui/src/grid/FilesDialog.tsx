// The files of one cell of a grid, in a window of their own: nothing of them fits into a row.
import { FieldInput } from '../fields/FieldInput';
import { FieldValue } from '../fields/FieldValue';
import { useI18n } from '../i18n/I18n';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import css from './grid.module.css';
import type { GridColumn, GridRow } from './types';

interface Props {
  column: GridColumn;
  index: number;
  rows: GridRow[];
  readOnly: boolean;
  error: string | undefined;
  onChange: (value: unknown) => void;
  onClose: () => void;
}

export function FilesDialog({ column, index, rows, readOnly, error, onChange, onClose }: Props) {
  const { t } = useI18n();
  const value = rows[index]?.values[column.name] ?? null;
  const isEmpty = value === null || (Array.isArray(value) && value.length === 0);
  const locked = readOnly || column.readOnly;
  return (
    <Dialog
      title={t('grid.rowTitle', { what: column.title, n: index + 1 })}
      onClose={onClose}
      actions={
        <Button variant="primary" onPress={onClose}>
          {t('grid.done')}
        </Button>
      }
    >
      {locked ? (
        isEmpty ? (
          <p className={css.help}>{t('grid.blank')}</p>
        ) : (
          <FieldValue field={column.field} value={value} />
        )
      ) : (
        <FieldInput
          field={column.field}
          label={column.title}
          hideLabel
          isRequired={column.required}
          error={error}
          value={value}
          onChange={onChange}
        />
      )}
    </Dialog>
  );
}
