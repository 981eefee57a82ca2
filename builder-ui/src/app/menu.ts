// The navigation: the menus of all apps the person has, resolved to places.
import { type Catalog, entityNamed } from '../definition/catalog';
import type { LocalText, MenuItemDoc, ViewDoc } from '../definition/documents';

export interface MenuLink {
  kind: 'link';
  key: string;
  title: LocalText;
  icon: string | undefined;
  entity: string;
  view: string;
}

export interface MenuGroup {
  kind: 'group';
  key: string;
  title: LocalText;
  icon: string | undefined;
  links: MenuLink[];
}

function viewNamed(
  catalog: Catalog,
  name: string,
  app: string,
): { app: string; document: ViewDoc } | undefined {
  const [owner, own] = name.includes('.') ? name.split('.', 2) : [app, name];
  return catalog.views.find((view) => view.app === owner && view.document.name === own);
}

function linkOf(catalog: Catalog, app: string, item: MenuItemDoc): MenuLink | undefined {
  const view = item.view ? viewNamed(catalog, item.view, app) : undefined;
  const entity = view && entityNamed(catalog, view.document.entity, view.app);
  if (!view || !entity) return undefined;
  const title = [item.title, view.document.title, entity.document.title].find(
    (text) => text && Object.keys(text).length > 0,
  );
  return {
    kind: 'link',
    key: `${app}.${item.id ?? item.view}`,
    title: title ?? {},
    icon: item.icon,
    entity: entity.key,
    view: view.document.name,
  };
}

/** Groups in the order of the apps and pages; entries outside a group stand under their page's title. */
export function menuOf(catalog: Catalog): MenuGroup[] {
  const groups: MenuGroup[] = [];
  // The engine's own pages come last: they are for administration.
  const pages = catalog.pages.toSorted((a, b) => Number(a.app === 'base') - Number(b.app === 'base'));
  for (const { app, document } of pages) {
    if (document.kind !== 'menu') continue;
    let loose: MenuGroup | undefined;
    for (const item of document.items ?? []) {
      const links = (item.items ?? []).flatMap((child) => linkOf(catalog, app, child) ?? []);
      if (item.items) {
        if (links.length > 0) {
          groups.push({
            kind: 'group',
            key: `${app}.${item.id ?? groups.length}`,
            title: item.title ?? {},
            icon: item.icon,
            links,
          });
        }
        loose = undefined;
        continue;
      }
      const link = linkOf(catalog, app, item);
      if (!link) continue;
      if (!loose) {
        loose = {
          kind: 'group',
          key: `${app}.${document.name}.${groups.length}`,
          title: document.title,
          icon: undefined,
          links: [],
        };
        groups.push(loose);
      }
      loose.links.push(link);
    }
  }
  return groups;
}
