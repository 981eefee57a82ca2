// The bridge to the expression evaluator: conditions and formulas that the browser can decide by itself.
import type { ExpressionTree } from './documents';
import { evaluate, NoValue } from './expression/evaluate';
import type { Tree } from './expression/tree';

/**
 * The value of a tree over a record; `undefined` when the browser cannot tell: a number half typed, a division by
 * zero, or `today()`, which is a day in the company's zone. The server decides those.
 */
export function evaluateTree(tree: ExpressionTree, record: Record<string, unknown>): unknown {
  try {
    return evaluate(tree as Tree, record);
  } catch (error) {
    if (error instanceof NoValue) return undefined;
    throw error;
  }
}
