// What an entry of the access log says, in the reader's words.
import type { Access } from '../../api/access-log';
import type { Catalog } from '../../definition/catalog';
import type { LocalText, TagColor } from '../../definition/documents';
import type { Translate } from '../../i18n/I18n';

export interface Words {
  t: Translate;
  text: (text: LocalText | undefined) => string;
  catalog: Catalog;
}

const VERBS = ['create', 'update', 'archive', 'unarchive', 'purge', 'publish', 'app', 'interrupted'] as const;

const FILTERS: Record<
  string,
  'log.kind' | 'log.who' | 'log.from' | 'log.until' | 'log.filter.record' | undefined
> = {
  kind: 'log.kind',
  person: 'log.who',
  record: 'log.filter.record',
  from: 'log.from',
  until: 'log.until',
};

export const colorOf = ({ kind }: Access): TagColor => {
  if (kind === 'sign_in_failed') return 'red';
  if (kind === 'rights') return 'purple';
  if (kind === 'export' || kind === 'import' || kind === 'open') return 'orange';
  return 'grey';
};

export function whoOf({ person, address, kind }: Access, { t }: Words): string {
  if (person) return person.label ?? t('log.someone');
  return t(address || kind === 'log_forgotten' ? 'log.engine' : 'log.commandLine');
}

/** The kind of thing it is about, and how many. */
export function aboutOf({ entity, count, kind }: Access, { t, text, catalog }: Words): string {
  const title = entity ? text(catalog.entities.get(entity)?.document.title) || entity : '';
  if (count === null) return title;
  const many = t(kind === 'rights' ? 'log.revision' : 'log.records', { n: count });
  return title ? `${title} · ${many}` : many;
}

export function detailOf({ kind, entity, detail, role }: Access, { t, text, catalog }: Words): string {
  const [first = '', ...rest] = detail.split(' ');
  if (detail === '') return '';
  if (kind === 'log_read') {
    const names = [first, ...rest].map((name) => (FILTERS[name] ? t(FILTERS[name]) : name));
    return t('log.filteredBy', { what: names.join(', ') });
  }
  const verb = VERBS.find((known) => known === first);
  const fields = entity ? catalog.entities.get(entity)?.fields : undefined;
  const titleOf = (name: string) =>
    (role?.name === name && role.title) || text(fields?.get(name)?.title) || name;
  const named = rest.map(titleOf);
  return [verb ? t(`log.verb.${verb}`) : first, ...named].join(' ');
}
