// The access log on a narrow screen.
import type { Access } from '../../api/access-log';
import { formatMoment } from '../../i18n/format';
import { useI18n } from '../../i18n/I18n';
import { Tag } from '../../ui/Tag';
import css from './access-log.module.css';
import { About, Who } from './parts';
import { aboutOf, colorOf, detailOf, type Words } from './words';

interface Props {
  items: Access[];
  words: Words;
  onPerson: (person: string) => void;
}

export function LogCards({ items, words, onPerson }: Props) {
  const { locale } = useI18n();
  return (
    <ol className={css.cards} aria-label={words.t('log.title')}>
      {items.map((access) => {
        const detail = detailOf(access, words);
        return (
          <li key={access.number} className={css.card}>
            <p className={css.cardHead}>
              <Who access={access} words={words} onPerson={onPerson} />
              <Tag color={colorOf(access)}>{words.t(`log.kind.${access.kind}`)}</Tag>
            </p>
            {aboutOf(access, words) || detail ? (
              <p>
                <About access={access} words={words} /> {detail}
              </p>
            ) : null}
            <p className={css.quiet}>
              <time dateTime={access.at}>{formatMoment(access.at, locale)}</time>
              {access.address ? ` · ${access.address}` : ''}
            </p>
          </li>
        );
      })}
    </ol>
  );
}
