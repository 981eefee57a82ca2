// What the JSON Schema of a kind says about a place in a document: keys, values, descriptions.
import type { JsonSchema } from '../../api/draft';

export type Path = (string | number)[];

/** Follows references and throws out `null` alternatives, so that one schema with properties or values remains. */
function resolved(root: JsonSchema, schema: JsonSchema | undefined): JsonSchema[] {
  if (!schema) return [];
  if (schema.$ref) {
    const name = schema.$ref.replace(/^#\/\$defs\//, '');
    const { $ref: _, ...own } = schema;
    return resolved(root, root.$defs?.[name]).map((target) => ({ ...target, ...own }));
  }
  const alternatives = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (alternatives) {
    const description = schema.description ? { description: schema.description } : {};
    return alternatives.flatMap((one) => resolved(root, one)).map((one) => ({ ...description, ...one }));
  }
  return schema.type === 'null' ? [] : [schema];
}

function child(root: JsonSchema, schema: JsonSchema, key: string | number): JsonSchema[] {
  if (typeof key === 'number') return resolved(root, schema.items);
  const named = schema.properties?.[key];
  if (named) return resolved(root, named);
  return typeof schema.additionalProperties === 'object' ? resolved(root, schema.additionalProperties) : [];
}

/** The schemas that describe the value at a path. */
export function schemasAt(root: JsonSchema, path: Path): JsonSchema[] {
  let found = resolved(root, root);
  for (const key of path) found = found.flatMap((schema) => child(root, schema, key));
  return found;
}

export interface KeyHelp {
  key: string;
  description: string | undefined;
  required: boolean;
  /** What a new value begins with. */
  template: string;
}

function template(root: JsonSchema, schema: JsonSchema): string {
  const [first] = resolved(root, schema);
  const type = Array.isArray(first?.type) ? first.type.find((one) => one !== 'null') : first?.type;
  switch (type) {
    case 'object':
      return '{}';
    case 'array':
      return '[]';
    case 'boolean':
      return 'true';
    case 'integer':
    case 'number':
      return '0';
    default:
      return '""';
  }
}

/** The keys that an object at a path may have. */
export function keysAt(root: JsonSchema, path: Path): KeyHelp[] {
  return schemasAt(root, path).flatMap((schema) =>
    Object.entries(schema.properties ?? {}).map(([key, property]) => ({
      key,
      description: property.description ?? resolved(root, property)[0]?.description,
      required: schema.required?.includes(key) ?? false,
      template: template(root, property),
    })),
  );
}

export interface ValueHelp {
  /** As JSON. */
  value: string;
  description: string | undefined;
}

/** The values that the schema lists for a place. */
export function valuesAt(root: JsonSchema, path: Path): ValueHelp[] {
  return schemasAt(root, path).flatMap((schema): ValueHelp[] => {
    const { description } = schema;
    if (schema.const !== undefined) return [{ value: JSON.stringify(schema.const), description }];
    if (schema.enum) return schema.enum.map((value) => ({ value: JSON.stringify(value), description }));
    const types = [schema.type].flat();
    return types.includes('boolean') ? ['true', 'false'].map((value) => ({ value, description })) : [];
  });
}

export function descriptionAt(root: JsonSchema, path: Path): string | undefined {
  const parent = path.slice(0, -1);
  const key = path.at(-1);
  const named = keysAt(root, parent).find((help) => help.key === key)?.description;
  return named ?? schemasAt(root, path).find((schema) => schema.description)?.description;
}
