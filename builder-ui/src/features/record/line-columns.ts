// The columns of a line grid: those the form names, or the fields of the line entity.
import { type Catalog, type Entity, isInput, targetOf, valueField } from '../../definition/catalog';
import type { FieldDoc, NodeDoc } from '../../definition/documents';
import { isNumeric } from '../../fields/value-text';
import type { GridColumn } from '../../grid/types';

const WIDTHS: Partial<Record<FieldDoc['type'], number>> = {
  integer: 90,
  decimal: 110,
  money: 120,
  percent: 84,
  quantity: 96,
  choice: 96,
  boolean: 70,
  date: 120,
  currency: 90,
  reference: 200,
  image: 96,
  signature: 96,
  file: 180,
  files: 120,
};
const NOT_IN_GRIDS: FieldDoc['type'][] = ['lines', 'links', 'address', 'location', 'json', 'choices'];

export function lineColumns(
  catalog: Catalog,
  lines: Entity,
  node: NodeDoc,
  text: (title: FieldDoc['title']) => string,
): GridColumn[] {
  const named = Array.isArray(node.columns) && node.columns.length > 0 ? node.columns : undefined;
  const names = named ?? lines.document.fields.map((field) => field.name);
  return names.flatMap((name) => {
    const field = lines.fields.get(name);
    if (!field || NOT_IN_GRIDS.includes(field.type)) return [];
    const shown = valueField(catalog, lines, field);
    return {
      name,
      title: text(field.title) || name,
      field: shown,
      target: targetOf(catalog, lines, shown),
      width: WIDTHS[shown.type] ?? 180,
      numeric: isNumeric(shown),
      readOnly: !isInput(lines, field),
      required: field.required === true,
    };
  });
}
