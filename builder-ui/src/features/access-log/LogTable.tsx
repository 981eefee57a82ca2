// The access log as a table.
import type { Access } from '../../api/access-log';
import { formatMoment } from '../../i18n/format';
import { useI18n } from '../../i18n/I18n';
import { Tag } from '../../ui/Tag';
import css from './access-log.module.css';
import { About, Who } from './parts';
import { colorOf, detailOf, type Words } from './words';

interface Props {
  items: Access[];
  words: Words;
  onPerson: (person: string) => void;
}

export function LogTable({ items, words, onPerson }: Props) {
  const { locale } = useI18n();
  const { t } = words;
  return (
    <table className={css.table} aria-label={t('log.title')}>
      <thead>
        <tr>
          <th scope="col">{t('log.when')}</th>
          <th scope="col">{t('log.who')}</th>
          <th scope="col">{t('log.what')}</th>
          <th scope="col">{t('log.about')}</th>
          <th scope="col">{t('log.detail')}</th>
          <th scope="col">{t('log.address')}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((access) => (
          <tr key={access.number}>
            <td className={css.when}>
              <time dateTime={access.at}>{formatMoment(access.at, locale)}</time>
            </td>
            <td>
              <Who access={access} words={words} onPerson={onPerson} />
            </td>
            <td>
              <Tag color={colorOf(access)}>{t(`log.kind.${access.kind}`)}</Tag>
            </td>
            <td>
              <About access={access} words={words} />
            </td>
            <td className={css.detail}>{detailOf(access, words)}</td>
            <td className={css.when}>{access.address}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
