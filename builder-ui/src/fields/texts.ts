// Translatable fields: the texts of a field by language, and which of them a reader sees.

/** By tag; null where a text is taken away. */
export type Texts = Record<string, string | null>;

/** The tags under which a text for `locale` is looked for, the most exact first; none where the field's own language is as near. */
function wanted(locale: string, first: string): string[] {
  const tags: string[] = [];
  for (let tag = locale; tag && tag !== first; tag = tag.split('-').slice(0, -1).join('-')) tags.push(tag);
  return tags;
}

/** What a reader sees: the text in their language, else the one in the app's first, else any. */
export function textSeen(texts: Texts, locale: string, first: string): string | null {
  for (const tag of [...wanted(locale, first), first]) {
    const text = texts[tag];
    if (text) return text;
  }
  return Object.values(texts).find((text) => text) ?? null;
}

/** Whether a language other than the app's first is the reader's own. */
export const isOther = (locale: string, first: string) => wanted(locale, first).length > 0;

/** The languages to offer: the app's, its first before the others, and those in which there is a text. */
export function languagesOf(locales: string[], texts: Texts): string[] {
  return [...new Set([...locales, ...Object.keys(texts).sort()])];
}
