// The languages of the app and the one the reader chose.
export type Locale = 'zh-CN' | 'en';

const KEY = 'kontor.locale';

/** The reader's own choice, else `undefined`. */
export function chosenLocale(): Locale | undefined {
  const stored = localStorage.getItem(KEY);
  return stored === 'zh-CN' || stored === 'en' ? stored : undefined;
}

export function rememberLocale(locale: Locale) {
  localStorage.setItem(KEY, locale);
}

/** The language to begin with: the choice, then the browser's. */
export function firstLocale(): Locale {
  return chosenLocale() ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en');
}
