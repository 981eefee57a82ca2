// Completion and hover of the JSON editor from the schema of the document's kind.
import {
  type Completion,
  type CompletionContext,
  type CompletionResult,
  snippetCompletion,
} from '@codemirror/autocomplete';
import { syntaxTree } from '@codemirror/language';
import { hoverTooltip } from '@codemirror/view';
import type { JsonSchema } from '../../api/draft';
import { around, keyOf, pathOf } from './json-path';
import { descriptionAt, keysAt, valuesAt } from './schema-help';

type SchemaSource = () => JsonSchema | undefined;

const snippetOf: Record<string, string> = {
  '""': '"${}"',
  '{}': '{${}}',
  '[]': '[${}]',
  true: '${true}',
  '0': '${0}',
};

function keyCompletions(
  schema: JsonSchema,
  path: (string | number)[],
  present: Set<string>,
  quoted: boolean,
): Completion[] {
  return keysAt(schema, path)
    .filter(({ key }) => !present.has(key))
    .map(({ key, description, required, template }) =>
      snippetCompletion(quoted ? `"${key}"` : `"${key}": ${snippetOf[template] ?? template}`, {
        label: `"${key}"`,
        displayLabel: key,
        type: 'property',
        boost: required ? 1 : 0,
        ...(description ? { info: description } : {}),
      }),
    );
}

/** The value a property is getting: `undefined` while its key is being typed. */
const isInValue = (text: string) => /:\s*("[^"]*|[\w.-]*)$/.test(text);

export function completions(source: SchemaSource) {
  return (context: CompletionContext): CompletionResult | null => {
    const schema = source();
    if (!schema) return null;
    const read = (from: number, to: number) => context.state.sliceDoc(from, to);
    const line = context.state.doc.lineAt(context.pos);
    const before = read(line.from, context.pos);
    const word = context.matchBefore(/"?[\w.-]*/);
    if (!word || (word.from === word.to && !context.explicit)) return null;
    const after = read(context.pos, Math.min(line.to, context.pos + 1));
    const to = word.text.startsWith('"') && after === '"' ? context.pos + 1 : context.pos;
    const node = around(syntaxTree(context.state), context.pos);
    if (node.name === 'Array' || isInValue(before)) {
      const path = node.name === 'Array' ? [...pathOf(node, read), 0] : pathOf(node, read);
      const options = valuesAt(schema, path).map(({ value, description }) => ({
        label: value,
        displayLabel: value.replace(/"/g, ''),
        type: 'enum',
        ...(description ? { info: description } : {}),
      }));
      return options.length > 0 ? { from: word.from, to, options } : null;
    }
    const object = node.name === 'Property' ? node.parent : node;
    if (object?.name !== 'Object') return null;
    const present = new Set(
      object.getChildren('Property').flatMap((property) => keyOf(property, read) ?? []),
    );
    const typing = node.name === 'Property' ? keyOf(node, read) : undefined;
    if (typing) present.delete(typing);
    const hasColon = /^"?\s*:/.test(read(context.pos, line.to));
    return { from: word.from, to, options: keyCompletions(schema, pathOf(object, read), present, hasColon) };
  };
}

export const hover = (source: SchemaSource) =>
  hoverTooltip((view, position) => {
    const schema = source();
    if (!schema) return null;
    const read = (from: number, to: number) => view.state.sliceDoc(from, to);
    const node = syntaxTree(view.state).resolveInner(position, 1);
    if (!['PropertyName', 'String', 'True', 'False', 'Number'].includes(node.name)) return null;
    const text = descriptionAt(schema, pathOf(node, read));
    if (!text) return null;
    return {
      pos: node.from,
      end: node.to,
      above: true,
      create: () => {
        const dom = document.createElement('div');
        dom.className = 'cm-schema-help';
        dom.textContent = text;
        return { dom };
      },
    };
  });
