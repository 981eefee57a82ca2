// Where the cursor stands in a JSON text: the path of keys and indexes, by the editor's syntax tree.
import type { SyntaxNode, Tree } from '@lezer/common';
import type { Path } from './schema-help';

type Read = (from: number, to: number) => string;

const unquote = (text: string): string => {
  try {
    return String(JSON.parse(text));
  } catch {
    return text.replace(/^"|"$/g, '');
  }
};

/** The key of a property node. */
export function keyOf(property: SyntaxNode, read: Read): string | undefined {
  const name = property.getChild('PropertyName');
  return name ? unquote(read(name.from, name.to)) : undefined;
}

const VALUES = ['Object', 'Array', 'String', 'Number', 'True', 'False', 'Null'];

function indexIn(array: SyntaxNode, position: number): number {
  let index = 0;
  for (let node = array.firstChild; node; node = node.nextSibling) {
    if (VALUES.includes(node.name) && node.to < position) index++;
  }
  return index;
}

/** The path to a node's value. */
export function pathOf(node: SyntaxNode, read: Read): Path {
  const path: Path = [];
  for (let at: SyntaxNode | null = node; at?.parent; at = at.parent) {
    if (at.name === 'Property') path.unshift(keyOf(at, read) ?? '');
    else if (at.parent.name === 'Array' && VALUES.includes(at.name))
      path.unshift(indexIn(at.parent, at.from));
  }
  return path;
}

/** The innermost object, array or property around a position. */
export function around(tree: Tree, position: number): SyntaxNode {
  let node = tree.resolveInner(position, -1);
  while (node.parent && !['Object', 'Array', 'Property', 'JsonText'].includes(node.name)) node = node.parent;
  return node;
}
