// The window of the search over everything: what is typed above, hits by entity below; arrows choose, Enter opens.
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Autocomplete } from 'react-aria-components/Autocomplete';
import { Header } from 'react-aria-components/Header';
import { Input } from 'react-aria-components/Input';
import { ListBox, ListBoxItem, ListBoxSection } from 'react-aria-components/ListBox';
import { SearchField } from 'react-aria-components/SearchField';
import { catalogQuery } from '../../api/definitions';
import { type Hit, type HitGroup, searchQuery } from '../../api/search';
import { placeOfEntity } from '../../app/place';
import { useI18n } from '../../i18n/I18n';
import { Banner } from '../../ui/Banner';
import { Dialog } from '../../ui/Dialog';
import fieldCss from '../../ui/Field.module.css';
import selectCss from '../../ui/Select.module.css';
import css from './search.module.css';

const PAUSE = 200;
const LONGEST = 200;

/** What was typed, once the person pauses. */
function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}

export function SearchWindow({ onClose }: { onClose: () => void }) {
  const { t, locale } = useI18n();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const words = usePaused(text.trim());
  const found = useQuery(searchQuery(words, locale));
  const groups = words ? (found.data ?? []) : [];
  const count = groups.reduce((sum, group) => sum + group.hits.length, 0);
  const open = (key: string) => {
    const [entity = '', id = ''] = key.split('/', 2);
    onClose();
    if (id) void navigate({ to: '/records/$app/$entity/$id', params: { ...placeOfEntity(entity), id } });
    else void navigate({ to: '/records/$app/$entity', params: placeOfEntity(entity), search: { q: words } });
  };
  const nothing = !words
    ? t('search.help')
    : found.isFetching || words !== text.trim()
      ? t('common.loading')
      : t('search.nothing', { words });
  return (
    <Dialog title={t('search.title')} size="large" onClose={onClose}>
      <div className={css.window}>
        <Autocomplete inputValue={text} onInputChange={setText}>
          <SearchField aria-label={t('search.open')} autoFocus className={`${fieldCss.group} ${css.box}`}>
            <Search size={16} aria-hidden />
            <Input placeholder={t('search.placeholder')} maxLength={LONGEST} />
          </SearchField>
          {found.isError ? <Banner tone="bad">{found.error.message}</Banner> : null}
          <ListBox
            aria-label={t('search.results')}
            className={css.results}
            onAction={(key) => open(String(key))}
            renderEmptyState={() => <p className={css.empty}>{nothing}</p>}
          >
            {groups.map((group) => (
              <ListBoxSection key={group.entity} id={group.entity} className={css.group}>
                <Header className={css.heading}>{group.title}</Header>
                {group.hits.map((hit) => (
                  <HitItem key={hit.id} group={group} hit={hit} />
                ))}
                {group.more ? (
                  <ListBoxItem
                    id={`${group.entity}/`}
                    textValue={t('search.more', { what: group.title })}
                    className={`${selectCss.item} ${css.more}`}
                  >
                    {t('search.more', { what: group.title })}
                  </ListBoxItem>
                ) : null}
              </ListBoxSection>
            ))}
          </ListBox>
        </Autocomplete>
        <p className="sr" role="status">
          {words && !found.isFetching ? t('search.count', { n: count }) : ''}
        </p>
        <p className={css.keys} aria-hidden>
          {t('search.keys')}
        </p>
      </div>
    </Dialog>
  );
}

function HitItem({ group, hit }: { group: HitGroup; hit: Hit }) {
  const { text } = useI18n();
  const entity = useSuspenseQuery(catalogQuery).data.entities.get(group.entity);
  const label = hit.label ?? hit.id.slice(0, 8);
  const where = hit.fields
    .filter((name) => name !== entity?.label)
    .map((name) => text(entity?.fields.get(name)?.title) || name);
  return (
    <ListBoxItem id={`${group.entity}/${hit.id}`} textValue={label} className={selectCss.item ?? ''}>
      <span className={css.label}>{label}</span>
      {where.length > 0 ? <span className={selectCss.detail}>{where.join(' · ')}</span> : null}
    </ListBoxItem>
  );
}
