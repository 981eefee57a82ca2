// The search over everything: a button in the top bar, Ctrl+K or `/`, and the window it opens.
import { Search } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import { useMedia } from '../../ui/use-media';
import { SearchWindow } from './SearchWindow';
import css from './search.module.css';

/** Whether typing goes somewhere already. */
const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  target.closest('input, textarea, select, [contenteditable="true"], [role="grid"], [role="dialog"]') !==
    null;

export function GlobalSearch() {
  const { t } = useI18n();
  const narrow = useMedia('(max-width: 720px)');
  const [open, setOpen] = useState(false);
  const close = useCallback(() => setOpen(false), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const chord = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k';
      const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !isTyping(event.target);
      if (!chord && !slash) return;
      event.preventDefault();
      setOpen(true);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <Button
        variant={narrow ? 'quiet' : 'default'}
        icon={narrow}
        className={narrow ? undefined : css.trigger}
        // Where the words stand in the button they are its name.
        {...(narrow ? { 'aria-label': t('search.open') } : {})}
        aria-keyshortcuts="Control+K /"
        onPress={() => setOpen(true)}
      >
        <Search size={narrow ? 18 : 16} aria-hidden />
        {narrow ? null : (
          <>
            <span className={css.hint}>{t('search.open')}</span>
            <kbd className={css.key}>Ctrl K</kbd>
          </>
        )}
      </Button>
      {open ? <SearchWindow onClose={close} /> : null}
    </>
  );
}
