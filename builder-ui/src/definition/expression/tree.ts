// The typed tree of an expression as the server sends it; `docs/expressions.md` describes the shape.

export type TypeName =
  | 'null'
  | 'boolean'
  | 'number'
  | 'text'
  | 'date'
  | 'instant'
  | 'time'
  | 'record'
  | 'list'
  | 'rows'
  | 'json';

interface Typed {
  type: TypeName;
  /** Digits behind the point, of numbers. */
  scale?: number;
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '&&'
  | '||'
  | '??';

export type Tree = Typed &
  (
    | { op: 'literal'; value: unknown }
    | { op: 'field'; scope: number; path: string[] }
    | { op: 'parameter'; name: string }
    | { op: 'env'; name: string }
    | { op: 'not' | 'negate'; of: Tree }
    | { op: BinaryOperator; left: Tree; right: Tree }
    | { op: 'if'; condition: Tree; then: Tree; otherwise: Tree }
    | { op: 'in'; needle: Tree; list: Tree }
    | { op: 'list'; items: Tree[] }
    | { op: 'call'; function: string; arguments: Tree[] }
    | {
        op: 'aggregate';
        function: string;
        scope: number;
        path: string[];
        body: Tree | null;
        filter: Tree | null;
      }
  );
