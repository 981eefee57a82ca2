// The bridge to the expression evaluator: conditions and formulas that the browser can decide by itself.
import type { ExpressionTree } from './documents';

/** The value of a tree over a record; `undefined` when the browser cannot tell. */
export function evaluateTree(_tree: ExpressionTree, _record: Record<string, unknown>): unknown {
  return undefined;
}
