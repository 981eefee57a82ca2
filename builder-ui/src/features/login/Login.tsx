// The sign-in page; afterwards back to where the person wanted to go.
import { useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import type { Session } from '../../api/session';
import { sessionQuery } from '../../api/session';
import { useI18n } from '../../i18n/I18n';
import { chosenLocale, type Locale } from '../../i18n/locale';
import { LanguageSwitch } from '../../ui/LanguageSwitch';
import { Logo } from '../../ui/Logo';
import { LoginForm } from './LoginForm';
import css from './login.module.css';

/** Only places of this app: an address that leads elsewhere becomes the start page. */
function safePlace(to: string | undefined): string {
  return to && /^\/(?![/\\])/.test(to) && !to.startsWith('/login') ? to : '/';
}

export default function Login() {
  const { t, setLocale } = useI18n();
  const client = useQueryClient();
  const router = useRouter();
  const { to } = useSearch({ strict: false }) as { to?: string };
  const done = async (session: Session) => {
    client.clear();
    client.setQueryData(sessionQuery.queryKey, session);
    const own = session.user.locale;
    if (!chosenLocale() && (own === 'zh-CN' || own === 'en')) await setLocale(own as Locale, false);
    router.history.push(safePlace(to));
  };
  return (
    <main className={css.page}>
      <title>{`${t('login.title')} · Kontor`}</title>
      <div className={css.card}>
        <header className={css.head}>
          <Logo />
          <LanguageSwitch />
        </header>
        <h1>{t('login.title')}</h1>
        <p className={css.lead}>{t('login.lead')}</p>
        <LoginForm onDone={(session) => void done(session)} />
      </div>
    </main>
  );
}
