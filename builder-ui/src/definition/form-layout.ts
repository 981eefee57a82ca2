// A sensible form for an entity that has none of its own.
import type { Entity } from './catalog';
import type { FieldDoc, NodeDoc } from './documents';

const WIDE: FieldDoc['type'][] = ['long_text', 'rich_text', 'json', 'address', 'files'];

/** One section with every field in the order of the entity, then the lines. */
export function generatedLayout(entity: Entity): NodeDoc[] {
  const shown = entity.document.fields;
  const nodes: NodeDoc[] = [
    {
      id: 'generated',
      type: 'section',
      columns: 3,
      children: shown
        .filter((field) => field.type !== 'lines')
        .map((field) => ({
          id: `field-${field.name}`,
          type: 'field',
          field: field.name,
          span: WIDE.includes(field.type) ? 3 : 1,
        })),
    },
  ];
  for (const field of shown) {
    if (field.type === 'lines') nodes.push({ id: `lines-${field.name}`, type: 'lines', field: field.name });
  }
  return nodes;
}

/** The names of the fields that a layout shows. */
export function fieldsIn(nodes: NodeDoc[]): string[] {
  return nodes.flatMap((node) => [...(node.field ? [node.field] : []), ...fieldsIn(node.children ?? [])]);
}
