// The kinds of documents: their order in the tree and what a new one begins with.
import type { DraftDocument } from '../../api/draft';

export const KINDS = ['app', 'entity', 'form', 'view', 'page', 'role', 'invariant', 'translation'] as const;
export type Kind = (typeof KINDS)[number];

export const isKind = (kind: string): kind is Kind => (KINDS as readonly string[]).includes(kind);

export const keyOf = ({ app, kind, name }: Pick<DraftDocument, 'app' | 'kind' | 'name'>) =>
  `${app}/${kind}/${name}`;

/** Kinds of which a person can add documents by hand. */
export const CREATABLE: Kind[] = ['entity', 'form', 'view', 'page', 'role', 'invariant', 'translation'];

/** The least a document of a kind needs; `entity` is the first entity of the app. */
export function newDocument(kind: Kind, name: string, entity: string): Record<string, unknown> {
  const title = { 'zh-CN': name, en: name };
  switch (kind) {
    case 'entity':
      return {
        name,
        title,
        label: 'name',
        fields: [{ name: 'name', title: { 'zh-CN': '名称', en: 'Name' }, type: 'text', required: true }],
      };
    case 'form':
      return { name, entity, layout: [{ type: 'section', columns: 3, children: [] }] };
    case 'view':
      return { name, entity, title, type: 'list', columns: [] };
    case 'page':
      return { name, title, kind: 'menu', items: [] };
    case 'invariant':
      return { name, title, source: entity, expression: 'count()', must: '>= 0' };
    case 'translation':
      return { locale: name, texts: {} };
    default:
      return { name, title };
  }
}

export interface AppNode {
  app: string;
  kinds: { kind: string; documents: DraftDocument[] }[];
}

/** Documents by app and kind, in the order in which people look for them. */
export function treeOf(documents: DraftDocument[], search: string): AppNode[] {
  const wanted = search.trim().toLowerCase();
  const shown = documents.filter(({ name, kind }) => !wanted || `${kind} ${name}`.includes(wanted));
  const apps = [...new Set(shown.map(({ app }) => app))];
  // The engine's own app comes last: it is rarely what one wants to change.
  apps.sort((a, b) => Number(a === 'base') - Number(b === 'base') || a.localeCompare(b));
  const rank = (kind: string) => (isKind(kind) ? KINDS.indexOf(kind) : KINDS.length);
  return apps.map((app) => {
    const own = shown.filter((document) => document.app === app);
    const kinds = [...new Set(own.map(({ kind }) => kind))].sort((a, b) => rank(a) - rank(b));
    return {
      app,
      kinds: kinds.map((kind) => ({
        kind,
        documents: own
          .filter((document) => document.kind === kind)
          .sort((a, b) => a.name.localeCompare(b.name)),
      })),
    };
  });
}
