// Hidden values on request: the state of one of them, the eye that asks for it, and who answers for the lines of a record.
import { Eye, EyeOff } from 'lucide-react';
import { createContext, useState } from 'react';
import { useI18n } from '../i18n/I18n';
import { Button } from '../ui/Button';
import { isMask } from './mask';

/** Asks the server, which notes it in its access log. */
export type Ask = () => Promise<unknown>;

/** Asks for a cell of a line; none where the record is not stored yet. */
export type AskCell = ((row: string, column: string) => Ask | undefined) | undefined;
export const LineReveal = createContext<AskCell>(undefined);

export interface Reveal {
  /** What is to be seen: the mask, or the value that was asked for. */
  value: unknown;
  isShown: boolean;
  failed: string | undefined;
  /** Shows or hides; nothing where there is nobody to ask or nothing hidden. */
  toggle: (() => void) | undefined;
}

export function useReveal(given: unknown, ask: Ask | undefined): Reveal {
  // What was shown belongs to the mask it was asked for: another one hides it again.
  const [shown, setShown] = useState<{ of: unknown; value: unknown }>();
  const [failed, setFailed] = useState<string>();
  const isShown = shown !== undefined && shown.of === given;
  const open = async () => {
    try {
      if (ask) setShown({ of: given, value: await ask() });
      setFailed(undefined);
    } catch (cause) {
      setFailed(cause instanceof Error ? cause.message : String(cause));
    }
  };
  return {
    value: isShown ? shown.value : given,
    isShown,
    failed,
    toggle: isMask(given) && ask ? () => (isShown ? setShown(undefined) : void open()) : undefined,
  };
}

/** The eye behind a hidden value. */
export function RevealButton({ label, reveal }: { label: string; reveal: Reveal }) {
  const { t } = useI18n();
  if (!reveal.toggle) return null;
  return (
    <Button
      variant="quiet"
      icon
      aria-label={t(reveal.isShown ? 'field.hide' : 'field.reveal', { field: label })}
      onPress={reveal.toggle}
    >
      {reveal.isShown ? <EyeOff size={16} aria-hidden /> : <Eye size={16} aria-hidden />}
    </Button>
  );
}
