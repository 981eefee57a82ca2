// Evaluates typed trees in the browser, with the meaning that the engine gives them; proven on the same vectors.
import { call } from './call';
import { add, divide, exact, MAX_SCALE, multiply, NoValue, negate } from './exact';
import type { BinaryOperator, Tree } from './tree';
import { compareValues, fromApi, isNumber, toApi, type Value } from './value';

/** What an expression can know besides the record. */
export interface Environment {
  /** The day in the company's zone; without it `today()` cannot be told. */
  today?: string;
  parameters?: Record<string, unknown>;
}

/** A record or a line: values of the API by field name, lines as arrays of rows. */
export type Row = Record<string, unknown>;

/** The value of a tree as the API writes it. Throws `NoValue` when there is none. */
export function evaluate(tree: Tree, record: Row, environment: Environment = {}): unknown {
  return toApi(value(tree, [record], environment), tree);
}

function value(tree: Tree, rows: Row[], env: Environment): Value {
  switch (tree.op) {
    case 'literal':
      return fromApi(tree.value, tree.type);
    case 'field':
      return field(tree.path, rows[tree.scope], tree.type);
    case 'parameter':
      if (!env.parameters || !(tree.name in env.parameters)) throw new NoValue('bad_value');
      return fromApi(env.parameters[tree.name], tree.type);
    case 'env':
      if (tree.name !== 'today' || env.today === undefined) throw new NoValue('bad_value');
      return env.today;
    case 'not':
      return !holds(tree.of, rows, env);
    case 'negate': {
      const inner = value(tree.of, rows, env);
      return inner === null ? null : negate(number(inner));
    }
    case 'if':
      return value(holds(tree.condition, rows, env) ? tree.then : tree.otherwise, rows, env);
    case 'in':
      return isIn(value(tree.needle, rows, env), value(tree.list, rows, env));
    case 'list':
      return tree.items.map((item) => value(item, rows, env));
    case 'call':
      return call(
        tree.function,
        tree.arguments.map((argument) => value(argument, rows, env)),
        tree.scale ?? 0,
      );
    case 'aggregate':
      return aggregate(tree, rows, env);
    default:
      return binary(tree, rows, env);
  }
}

function field(path: string[], row: Row | undefined, type: Tree['type']): Value {
  const [name, ...rest] = path;
  // Paths through references are the server's.
  if (name === undefined || rest.length > 0 || !row) throw new NoValue('bad_value');
  return fromApi(row[name], type);
}

function number(found: Value) {
  if (!isNumber(found)) throw new NoValue('bad_value');
  return found;
}

/** A condition; null is false. */
function holds(tree: Tree, rows: Row[], env: Environment): boolean {
  const found = value(tree, rows, env);
  if (found !== null && typeof found !== 'boolean') throw new NoValue('bad_value');
  return found === true;
}

function isIn(needle: Value, list: Value): boolean {
  if (needle === null || list === null) return false;
  if (!Array.isArray(list)) throw new NoValue('bad_value');
  return list.some((item) => item !== null && compareValues(needle, item) === 0);
}

function binary(tree: Tree & { op: BinaryOperator }, rows: Row[], env: Environment): Value {
  switch (tree.op) {
    case '&&':
      return holds(tree.left, rows, env) && holds(tree.right, rows, env);
    case '||':
      return holds(tree.left, rows, env) || holds(tree.right, rows, env);
    case '??':
      return value(tree.left, rows, env) ?? value(tree.right, rows, env);
  }
  const left = value(tree.left, rows, env);
  const right = value(tree.right, rows, env);
  switch (tree.op) {
    case '+':
    case '-':
    case '*':
    case '/':
      return left === null || right === null ? null : arithmetic(tree.op, left, right, tree.scale ?? 0);
  }
  if (left === null || right === null) return tree.op === '!=';
  const order = compareValues(left, right);
  switch (tree.op) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function arithmetic(op: '+' | '-' | '*' | '/', left: Value, right: Value, scale: number): Value {
  if (op === '+' && typeof left === 'string' && typeof right === 'string') return left + right;
  const [a, b] = [number(left), number(right)];
  switch (op) {
    case '+':
      return add(a, b, scale);
    case '-':
      return add(a, negate(b), scale);
    case '*':
      return multiply(a, b, scale);
    case '/':
      return divide(a, b, scale);
  }
}

function aggregate(tree: Tree & { op: 'aggregate' }, rows: Row[], env: Environment): Value {
  const [name, ...rest] = tree.path;
  const row = rows[tree.scope];
  if (name === undefined || rest.length > 0 || !row) throw new NoValue('bad_value');
  const found = row[name] ?? [];
  if (!Array.isArray(found)) throw new NoValue('bad_value');
  const { body, filter } = tree;
  const scopes = (found as Row[])
    .map((line) => [...rows, line])
    .filter((scope) => filter === null || holds(filter, scope, env));
  if (tree.function === 'count') return exact(scopes.length);
  if (!body) throw new NoValue('bad_value');
  // Every line is looked at, so that a mistake in one is found whatever the others say.
  if (tree.function === 'any') return scopes.map((scope) => holds(body, scope, env)).includes(true);
  if (tree.function === 'all') return !scopes.map((scope) => holds(body, scope, env)).includes(false);
  const values = scopes.map((scope) => value(body, scope, env)).filter((item) => item !== null);
  const scale = body.scale ?? 0;
  const sum = () => values.map(number).reduce((total, item) => add(total, item, scale), { units: 0n, scale });
  switch (tree.function) {
    case 'sum':
      return sum();
    case 'average':
      return values.length === 0 ? null : divide(sum(), exact(values.length), MAX_SCALE);
    case 'min':
      return extreme(values, -1);
    case 'max':
      return extreme(values, 1);
    default:
      throw new NoValue('bad_value');
  }
}

function extreme(values: Value[], sign: -1 | 1): Value {
  return values.reduce<Value>(
    (best, item) => (best === null || (item !== null && compareValues(item, best) * sign > 0) ? item : best),
    null,
  );
}

export { NoValue };
