// What the definitions say, ready to ask: entities by name, fields along paths, views, forms, rights.
import type {
  Definitions,
  EntityDoc,
  EntityRights,
  Expressions,
  FieldDoc,
  FieldKind,
  FormDoc,
  LocalText,
  MenuItemDoc,
  ViewDoc,
} from './documents';

export interface Entity {
  app: string;
  /** `app.name`, as the API takes it. */
  key: string;
  document: EntityDoc;
  rights: EntityRights;
  derived: Record<string, string>;
  expressions: Expressions;
  /** The document's fields that are in use, then the engine's own. */
  fields: Map<string, FieldDoc>;
  state: FieldDoc | undefined;
  /** The field that stands for a record; `id` where none is declared. */
  label: string;
}

export interface Form {
  app: string;
  document: FormDoc;
  expressions: Expressions;
}

export interface Catalog {
  revision: number;
  locales: string[];
  apps: Definitions['apps'];
  entities: Map<string, Entity>;
  views: { app: string; document: ViewDoc }[];
  forms: Form[];
  pages: Definitions['pages'];
}

const both = (zh: string, en: string): LocalText => ({ 'zh-CN': zh, en });
const person = { type: 'user' as const, system: true };

const SYSTEM_FIELDS: FieldDoc[] = [
  { name: 'created_at', title: both('创建时间', 'Created at'), type: 'datetime', system: true },
  { name: 'created_by', title: both('创建人', 'Created by'), ...person },
  { name: 'updated_at', title: both('修改时间', 'Changed at'), type: 'datetime', system: true },
  { name: 'updated_by', title: both('修改人', 'Changed by'), ...person },
  { name: 'archived_at', title: both('归档时间', 'Archived at'), type: 'datetime', system: true },
];
const OWNER: FieldDoc = { name: 'owner', title: both('负责人', 'Owner'), type: 'user' };

export function buildCatalog(definitions: Definitions): Catalog {
  const entities = new Map<string, Entity>();
  for (const { app, document, rights, derived, expressions } of definitions.entities) {
    const used = document.fields.filter((field) => !field.retired);
    const own = document.owner ? [OWNER] : [];
    const fields = new Map([...SYSTEM_FIELDS, ...own, ...used].map((field) => [field.name, field]));
    entities.set(`${app}.${document.name}`, {
      app,
      key: `${app}.${document.name}`,
      document: { ...document, fields: used },
      rights,
      derived: derived ?? {},
      expressions: expressions ?? {},
      fields,
      state: used.find((field) => field.type === 'state'),
      label: document.label ?? 'id',
    });
  }
  return {
    revision: definitions.revision,
    locales: [...new Set(definitions.apps.flatMap((app) => app.locales))],
    apps: definitions.apps,
    entities,
    views: definitions.views,
    forms: definitions.forms.map((form) => ({ ...form, expressions: form.expressions ?? {} })),
    pages: definitions.pages,
  };
}

/** The entity called `app.name`, or `name` in `app`, or `name` if only one app has it. */
export function entityNamed(catalog: Catalog, name: string, app?: string): Entity | undefined {
  if (name.includes('.')) return catalog.entities.get(name);
  const near = app && catalog.entities.get(`${app}.${name}`);
  if (near) return near;
  const found = [...catalog.entities.values()].filter((entity) => entity.document.name === name);
  return found.length === 1 ? found[0] : undefined;
}

/** The entity a reference, lines, user or department field points to. */
export function targetOf(catalog: Catalog, entity: Entity, field: FieldDoc): Entity | undefined {
  if (field.type === 'user' || field.type === 'department') return catalog.entities.get(`base.${field.type}`);
  return field.entity ? entityNamed(catalog, field.entity, entity.app) : undefined;
}

export interface PathEnd {
  /** The fields along the path; every one but the last is a reference. */
  fields: FieldDoc[];
  /** The entity that the last field belongs to. */
  entity: Entity;
  field: FieldDoc;
}

/** Follows `customer.country` from an entity. */
export function fieldAt(catalog: Catalog, entity: Entity, path: string): PathEnd | undefined {
  const fields: FieldDoc[] = [];
  let at = entity;
  const names = path.split('.');
  for (const [index, name] of names.entries()) {
    const field = at.fields.get(name);
    if (!field) return undefined;
    fields.push(field);
    if (index === names.length - 1) return { fields, entity: at, field };
    const next = targetOf(catalog, at, field);
    if (!next) return undefined;
    at = next;
  }
  return undefined;
}

/** The field whose type a value really has: the result of formulas, roll-ups and look-ups. */
export function valueField(catalog: Catalog, entity: Entity, field: FieldDoc): FieldDoc {
  switch (field.type) {
    case 'formula':
      return { ...field, type: field.returns ?? 'text' };
    case 'lookup': {
      const end = field.field ? fieldAt(catalog, entity, field.field) : undefined;
      return end
        ? { ...valueField(catalog, end.entity, end.field), name: field.name, title: field.title }
        : field;
    }
    case 'rollup': {
      if (field.function === 'count') return { ...field, type: 'integer' };
      const lines = field.of ? entity.fields.get(field.of) : undefined;
      const target = lines ? targetOf(catalog, entity, lines) : undefined;
      const of = field.field ? target?.fields.get(field.field) : undefined;
      // Over records, or over lines that the person does not know.
      if (!target || !of) return { ...field, type: field.returns ?? 'decimal' };
      const inner = valueField(catalog, target, of);
      return {
        ...inner,
        name: field.name,
        title: field.title,
        ...(field.currency_field ? { currency_field: field.currency_field } : {}),
      };
    }
    default:
      return field;
  }
}

const DERIVED: FieldKind[] = ['formula', 'rollup', 'lookup', 'auto_number', 'state'];

/** Whether a person may give the field a value at all. */
export function isInput(entity: Entity, field: FieldDoc): boolean {
  return !field.system && !DERIVED.includes(field.type) && entity.rights.fields[field.name] !== 'read';
}

/** The views that menus lead to, in their order. */
function viewsInMenus(items: MenuItemDoc[]): string[] {
  return items.flatMap((item) => [...(item.view ? [item.view] : []), ...viewsInMenus(item.items ?? [])]);
}

/** A view of an entity by name; without one, the first that a menu leads to. */
export function viewOf(catalog: Catalog, entity: Entity, name: string | undefined): ViewDoc | undefined {
  const own = catalog.views
    .filter((view) => entityNamed(catalog, view.document.entity, view.app) === entity)
    .map((view) => view.document);
  const named = own.find((view) => view.name === name);
  if (named) return named;
  const offered = catalog.pages.flatMap((page) => viewsInMenus(page.document.items ?? []));
  const first = offered.find((wanted) => own.some((view) => view.name === wanted));
  return own.find((view) => view.name === first) ?? own[0];
}

/** The form of an entity for this screen; a desktop form serves phones too where there is no other. */
export function formOf(catalog: Catalog, entity: Entity, phone: boolean): Form | undefined {
  const own = catalog.forms.filter((form) => entityNamed(catalog, form.document.entity, form.app) === entity);
  const forPhone = own.find((form) => form.document.variant === 'phone');
  const desktop = own.find((form) => form.document.variant !== 'phone');
  return phone ? (forPhone ?? desktop) : (desktop ?? forPhone);
}
