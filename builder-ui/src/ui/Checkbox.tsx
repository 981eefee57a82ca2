// A box to tick, with its text.
import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { Checkbox as AriaCheckbox } from 'react-aria-components/Checkbox';
import css from './Checkbox.module.css';

interface Props {
  children: ReactNode;
  isSelected: boolean;
  onChange: (selected: boolean) => void;
  isReadOnly?: boolean | undefined;
  isInvalid?: boolean;
}

export function Checkbox({ children, ...rest }: Props) {
  return (
    <AriaCheckbox {...rest} isReadOnly={Boolean(rest.isReadOnly)} className={css.checkbox}>
      <span className={css.box}>
        <Check size={14} strokeWidth={3} aria-hidden />
      </span>
      {children}
    </AriaCheckbox>
  );
}
