// A word with a dot, in one of the colours that definitions may name.
import type { ReactNode } from 'react';
import type { TagColor } from '../definition/documents';
import css from './Tag.module.css';

export function Tag({ color = 'grey', children }: { color?: TagColor | undefined; children: ReactNode }) {
  return (
    <span className={`${css.tag} ${css[color]}`}>
      <span className={css.word}>{children}</span>
    </span>
  );
}
