// The navigation on the left; in a drawer on small screens.
import { Link } from '@tanstack/react-router';
import { FileJson2, ScrollText } from 'lucide-react';
import { useMemo } from 'react';
import type { Catalog } from '../definition/catalog';
import { useI18n } from '../i18n/I18n';
import css from './frame.module.css';
import { menuOf } from './menu';
import { NavIcon } from './NavIcon';
import { placeOfEntity } from './place';

interface Props {
  catalog: Catalog | undefined;
  administrator: boolean;
  onNavigate?: () => void;
}

export function Sidebar({ catalog, administrator, onNavigate }: Props) {
  const { t, text } = useI18n();
  const groups = useMemo(() => (catalog ? menuOf(catalog) : []), [catalog]);
  return (
    <nav className={css.nav} aria-label={t('frame.menu')}>
      {groups.map((group) => (
        <div key={group.key} className={css.group}>
          <h2>
            {group.icon ? <NavIcon name={group.icon} /> : null}
            {text(group.title)}
          </h2>
          <ul>
            {group.links.map((link) => (
              <li key={link.key}>
                <Link
                  to="/records/$app/$entity"
                  params={placeOfEntity(link.entity)}
                  search={{ view: link.view }}
                  className={css.link}
                  activeProps={{ 'aria-current': 'page' }}
                  activeOptions={{ includeSearch: true, exact: false }}
                  onClick={() => onNavigate?.()}
                >
                  {link.icon || !group.icon ? <NavIcon name={link.icon} /> : <span className={css.indent} />}
                  {text(link.title)}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
      {administrator ? (
        <div className={css.group}>
          <h2>{t('frame.administration')}</h2>
          <ul>
            <li>
              <Link
                to="/definitions"
                search={{}}
                className={css.link}
                activeProps={{ 'aria-current': 'page' }}
                activeOptions={{ includeSearch: false }}
                onClick={() => onNavigate?.()}
              >
                <FileJson2 size={17} aria-hidden />
                {t('frame.definitions')}
              </Link>
            </li>
            <li>
              <Link
                to="/access-log"
                search={{}}
                className={css.link}
                activeProps={{ 'aria-current': 'page' }}
                activeOptions={{ includeSearch: false }}
                onClick={() => onNavigate?.()}
              >
                <ScrollText size={17} aria-hidden />
                {t('log.title')}
              </Link>
            </li>
          </ul>
        </div>
      ) : null}
    </nav>
  );
}
