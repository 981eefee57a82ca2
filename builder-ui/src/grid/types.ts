// What a grid shows and tells: its columns, rows and events.
import type { Entity } from '../definition/catalog';
import type { FieldDoc } from '../definition/documents';

export interface GridColumn {
  name: string;
  title: string;
  /** The field of the value itself. */
  field: FieldDoc;
  /** The entity of a reference. */
  target: Entity | undefined;
  width: number;
  numeric: boolean;
  readOnly: boolean;
  required: boolean;
}

export interface GridRow {
  key: string;
  values: Record<string, unknown>;
}

export interface CellChange {
  row: string;
  column: string;
  value: unknown;
}
