// The parts of an entry that the table and the cards share.
import { Link } from '@tanstack/react-router';
import type { Access } from '../../api/access-log';
import { placeOfEntity } from '../../app/place';
import { Button } from '../../ui/Button';
import css from './access-log.module.css';
import { aboutOf, type Words, whoOf } from './words';

/** Who it was; pressing the name shows only what this person did. */
export function Who(props: { access: Access; words: Words; onPerson: (person: string) => void }) {
  const { access, words, onPerson } = props;
  const who = whoOf(access, words);
  const id = access.person?.id;
  if (!id) return <span className={css.quiet}>{who}</span>;
  return (
    <Button
      variant="quiet"
      className={css.who}
      aria-label={words.t('log.onlyPerson', { who })}
      onPress={() => onPerson(id)}
    >
      {who}
    </Button>
  );
}

/** What it was about, with the way to the record where the reader's screens have it. */
export function About({ access, words }: { access: Access; words: Words }) {
  const about = aboutOf(access, words);
  const { entity, record } = access;
  if (!entity || !record || !words.catalog.entities.has(entity)) return about;
  return (
    <Link
      to="/records/$app/$entity/$id"
      params={{ ...placeOfEntity(entity), id: record }}
      aria-label={`${about}: ${words.t('log.open')}`}
    >
      {about}
    </Link>
  );
}
