// The list below a cell that is being edited.
import { useEffect, useRef } from 'react';
import { useI18n } from '../i18n/I18n';
import css from './grid.module.css';
import type { Suggestion } from './use-suggestions';

interface Props {
  id: string;
  label: string;
  items: Suggestion[];
  isLoading: boolean;
  highlighted: number;
  style: React.CSSProperties;
  onPick: (suggestion: Suggestion) => void;
}

export function Suggestions({ id, label, items, isLoading, highlighted, style, onPick }: Props) {
  const { t } = useI18n();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[highlighted]?.scrollIntoView({ block: 'nearest' });
  }, [highlighted]);
  return (
    <div className={css.suggestions} style={style}>
      <div ref={list} id={id} role="listbox" aria-label={label}>
        {items.map((item, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the arrow and Enter keys of the cell's input do the same
          <div
            key={`${String(item.value)}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === highlighted}
            className={css.suggestion}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onPick(item)}
          >
            <span>{item.label}</span>
            {item.detail ? <span className={css.detail}>{item.detail}</span> : null}
          </div>
        ))}
      </div>
      {items.length === 0 ? (
        <p className={css.nothing} role="status">
          {t(isLoading ? 'common.loading' : 'field.nothingFound')}
        </p>
      ) : null}
    </div>
  );
}
