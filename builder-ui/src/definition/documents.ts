// The documents of an app as the API sends them: the browser's mirror of the engine's definition types.

export type LocalText = Record<string, string>;
export type BoolOrExpression = boolean | string;

export type FieldKind =
  | 'text'
  | 'long_text'
  | 'rich_text'
  | 'integer'
  | 'decimal'
  | 'money'
  | 'percent'
  | 'quantity'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'time'
  | 'duration'
  | 'choice'
  | 'choices'
  | 'state'
  | 'reference'
  | 'lines'
  | 'links'
  | 'user'
  | 'department'
  | 'email'
  | 'phone'
  | 'url'
  | 'country'
  | 'currency'
  | 'language'
  | 'address'
  | 'file'
  | 'files'
  | 'image'
  | 'signature'
  | 'barcode'
  | 'auto_number'
  | 'formula'
  | 'rollup'
  | 'lookup'
  | 'location'
  | 'color'
  | 'rating'
  | 'json';

export type TagColor = 'grey' | 'blue' | 'green' | 'orange' | 'red' | 'purple';

export interface OptionDoc {
  id?: string;
  name: string;
  title: LocalText;
  color?: TagColor;
  retired?: boolean;
}

export interface TransitionDoc {
  id?: string;
  action: string;
  title: LocalText;
  from: string[];
  to: string;
  roles?: string[];
  when?: string;
}

export interface FieldDoc {
  id?: string;
  name: string;
  title: LocalText;
  help?: LocalText;
  type: FieldKind;
  retired?: boolean;
  required?: BoolOrExpression;
  unique?: boolean;
  default?: string;
  system?: boolean;
  searchable?: boolean;
  /** Has a text per language; answers hold the reader's. */
  translatable?: boolean;
  /** Encrypted at rest; answers hold a mask in place of the value. */
  sensitive?: boolean;
  max_length?: number;
  precision?: number;
  scale?: number;
  minimum?: string;
  maximum?: string;
  currency_field?: string;
  currency?: string;
  unit_field?: string;
  unit?: string;
  /** The transition that gives an automatic number. */
  assign_on?: string;
  options?: OptionDoc[];
  states?: OptionDoc[];
  initial?: string;
  transitions?: TransitionDoc[];
  entity?: string;
  min?: number;
  max?: number;
  expression?: string;
  returns?: FieldKind;
  of?: string;
  function?: 'sum' | 'count' | 'min' | 'max' | 'average';
  field?: string;
  filter?: string;
}

export interface EntityDoc {
  id?: string;
  name: string;
  title: LocalText;
  help?: LocalText;
  label?: string;
  fields: FieldDoc[];
  owner?: boolean;
  department?: boolean;
}

export type NodeKind = 'section' | 'tabs' | 'columns' | 'field' | 'lines' | 'related' | 'text' | 'actions';

export interface NodeDoc {
  id?: string;
  type: NodeKind;
  title?: LocalText;
  columns?: number | string[];
  field?: string;
  span?: number;
  totals?: string[];
  entity?: string;
  by?: string;
  view?: string;
  text?: LocalText;
  visible?: BoolOrExpression;
  required?: BoolOrExpression;
  readonly?: BoolOrExpression;
  children?: NodeDoc[];
}

export interface FormDoc {
  id?: string;
  name: string;
  entity: string;
  title?: LocalText;
  variant?: 'desktop' | 'phone';
  layout: NodeDoc[];
}

export interface ViewDoc {
  id?: string;
  name: string;
  entity: string;
  title?: LocalText;
  type: 'list';
  columns?: { id?: string; field: string; width?: number }[];
  filter?: string;
  sort?: string[];
}

export interface MenuItemDoc {
  id?: string;
  title?: LocalText;
  icon?: string;
  view?: string;
  items?: MenuItemDoc[];
}

export interface PageDoc {
  id?: string;
  name: string;
  title: LocalText;
  kind: 'menu';
  items?: MenuItemDoc[];
}

export interface EntityRights {
  create: boolean;
  read: boolean;
  update: boolean;
  delete: boolean;
  purge: boolean;
  export: boolean;
  actions: string[];
  fields: Record<string, 'read' | 'write'>;
}

/** The typed tree of an expression that the browser can evaluate. */
export type ExpressionTree = unknown;
export type Expressions = Record<string, ExpressionTree>;

export interface Definitions {
  revision: number;
  apps: { name: string; title: LocalText; locales: string[] }[];
  entities: {
    app: string;
    document: EntityDoc;
    rights: EntityRights;
    derived?: Record<string, string>;
    expressions?: Expressions;
  }[];
  forms: { app: string; document: FormDoc; expressions?: Expressions }[];
  views: { app: string; document: ViewDoc }[];
  pages: { app: string; document: PageDoc }[];
}
