// The text of a title in the reader's language.
import type { LocalText } from './documents';

const language = (tag: string) => tag.split('-')[0];

/** Exact tag, then the same language, then the first there is; empty when there is none. */
export function textIn(text: LocalText | undefined, locale: string): string {
  if (!text) return '';
  const exact = text[locale];
  if (exact !== undefined) return exact;
  const near = Object.keys(text).find((tag) => language(tag) === language(locale));
  return text[near ?? Object.keys(text)[0] ?? ''] ?? '';
}
