// Translations and formats for components: `useI18n()`.
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from 'react';
import { I18nProvider } from 'react-aria-components/I18nProvider';
import type { LocalText } from '../definition/documents';
import { textIn } from '../definition/text';
import { firstLocale, type Locale, rememberLocale } from './locale';
import { type MessageKey, type Messages, zhCN } from './zh-CN';

type Params = Record<string, string | number>;
export type Translate = (key: MessageKey, params?: Params) => string;

interface I18n {
  locale: Locale;
  setLocale: (next: Locale, remember?: boolean) => Promise<void>;
  t: Translate;
  /** A title of the definitions in this language. */
  text: (text: LocalText | undefined) => string;
}

const Context = createContext<I18n | null>(null);

const load = (locale: Locale): Promise<Messages> =>
  locale === 'zh-CN' ? Promise.resolve(zhCN) : import('./en').then((module) => module.en);

/** The messages of the language to begin with, so that nothing flashes in another one. */
export const firstMessages = () => load(firstLocale());

/** The text with its values; `{n|row|rows}` is the word that goes with a number in this language. */
export function translate(
  { locale, messages }: { locale: Locale; messages: Messages },
  key: MessageKey,
  params?: Params,
): string {
  return messages[key].replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (_, name: string, one, other) => {
    const value = params?.[name] ?? '';
    if (one === undefined) return String(value);
    return plural(locale).select(countOf(value)) === 'one' ? one : other;
  });
}

const rules = new Map<Locale, Intl.PluralRules>();

function plural(locale: Locale): Intl.PluralRules {
  const known = rules.get(locale) ?? new Intl.PluralRules(locale);
  rules.set(locale, known);
  return known;
}

/** A count, also one that is written with separators already. */
const countOf = (value: string | number) =>
  typeof value === 'number' ? value : Number(value.replace(/[^\d.]/g, ''));

export function LocaleProvider({ messages, children }: { messages: Messages; children: ReactNode }) {
  const [state, setState] = useState({ locale: firstLocale(), messages });
  const setLocale = useCallback(async (locale: Locale, remember = true) => {
    const next = await load(locale);
    if (remember) rememberLocale(locale);
    setState({ locale, messages: next });
  }, []);
  useEffect(() => {
    document.documentElement.lang = state.locale;
  }, [state.locale]);
  const value = useMemo<I18n>(
    () => ({
      locale: state.locale,
      setLocale,
      t: (key, params) => translate(state, key, params),
      text: (text) => textIn(text, state.locale),
    }),
    [state, setLocale],
  );
  return (
    <Context value={value}>
      <I18nProvider locale={state.locale === 'en' ? 'en-US' : 'zh-CN'}>{children}</I18nProvider>
    </Context>
  );
}

export function useI18n(): I18n {
  const value = use(Context);
  if (!value) throw new Error('LocaleProvider is missing');
  return value;
}
