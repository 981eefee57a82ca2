// A message that stays in its place: an error, a warning, something to know.
import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import css from './Banner.module.css';

interface Props {
  tone: 'bad' | 'warn' | 'info';
  children: ReactNode;
  action?: ReactNode;
}

const ICONS = { bad: CircleAlert, warn: TriangleAlert, info: Info };

export function Banner({ tone, children, action }: Props) {
  const Icon = ICONS[tone];
  return (
    <div className={`${css.banner} ${css[tone]}`} role={tone === 'info' ? 'status' : 'alert'}>
      <Icon size={18} aria-hidden className={css.icon} />
      <div className={css.text}>{children}</div>
      {action}
    </div>
  );
}
