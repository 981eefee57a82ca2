// A button that opens a list of actions.
import type { ReactNode } from 'react';
import { Menu as AriaMenu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import css from './Select.module.css';

export interface MenuEntry {
  id: string;
  label: string;
  icon?: ReactNode;
  onAction: () => void;
}

export function Menu({
  trigger,
  label,
  entries,
}: {
  trigger: ReactNode;
  label: string;
  entries: MenuEntry[];
}) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover className={css.popover} placement="bottom end">
        <AriaMenu aria-label={label} items={entries}>
          {(entry) => (
            <MenuItem id={entry.id} textValue={entry.label} className={css.item} onAction={entry.onAction}>
              {entry.icon}
              {entry.label}
            </MenuItem>
          )}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
