// What a screen says when there is nothing to show, and the way on.
import { Inbox } from 'lucide-react';
import type { ReactNode } from 'react';
import css from './EmptyState.module.css';

interface Props {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  icon?: ReactNode;
}

export function EmptyState({ title, children, action, icon }: Props) {
  return (
    <div className={css.empty}>
      <span className={css.icon}>{icon ?? <Inbox size={28} aria-hidden />}</span>
      <h2>{title}</h2>
      {children ? <div className={css.text}>{children}</div> : null}
      {action}
    </div>
  );
}
