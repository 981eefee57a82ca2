// What surrounds every screen of a signed-in person: top bar, navigation, messages, expired-session window.
import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { Outlet, useRouter } from '@tanstack/react-router';
import { CircleUserRound, LogOut, Menu as MenuIcon, WifiOff } from 'lucide-react';
import { useState } from 'react';
import { catalogQuery } from '../api/definitions';
import { type Session, sessionQuery, signOut } from '../api/session';
import { LoginForm } from '../features/login/LoginForm';
import { GlobalSearch } from '../features/search/GlobalSearch';
import { useI18n } from '../i18n/I18n';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { LanguageSwitch } from '../ui/LanguageSwitch';
import { Logo } from '../ui/Logo';
import { Menu } from '../ui/Menu';
import { Toasts } from '../ui/Toasts';
import { toast } from '../ui/toast-store';
import { useMedia } from '../ui/use-media';
import { useConnection } from './connection';
import { useEvents } from './events';
import css from './frame.module.css';
import { Sidebar } from './Sidebar';

export function Frame() {
  const { t } = useI18n();
  const session = useSuspenseQuery(sessionQuery).data;
  const catalog = useQuery(catalogQuery).data;
  const narrow = useMedia('(max-width: 900px)');
  const [open, setOpen] = useState(false);
  const { online, expired, renewed } = useConnection();
  useEvents(session && !expired ? `${session.tenant.name}/${session.user.id}` : undefined);
  if (!session) return null;
  return (
    <div className={css.frame}>
      <a className={css.skip} href="#main">
        {t('frame.skip')}
      </a>
      <header className={css.top}>
        {narrow ? (
          <Button variant="quiet" icon aria-label={t('frame.menu')} onPress={() => setOpen(true)}>
            <MenuIcon size={18} aria-hidden />
          </Button>
        ) : null}
        <Logo />
        <span className={css.tenant}>{session.tenant.title}</span>
        <span className={css.spacer} />
        <GlobalSearch />
        <LanguageSwitch />
        <UserMenu session={session} />
      </header>
      {narrow ? null : <Sidebar catalog={catalog} administrator={session.administrator} />}
      <main id="main" className={css.main} tabIndex={-1}>
        {online ? null : (
          <p className={css.offline} role="status">
            <WifiOff size={16} aria-hidden />
            {t('frame.offline')}
          </p>
        )}
        <div className={css.content}>
          <Outlet />
        </div>
      </main>
      {narrow && open ? (
        <Dialog size="side" title={session.tenant.title} onClose={() => setOpen(false)}>
          <Sidebar
            catalog={catalog}
            administrator={session.administrator}
            onNavigate={() => setOpen(false)}
          />
        </Dialog>
      ) : null}
      {expired ? <SignInAgain session={session} onDone={renewed} /> : null}
      <Toasts />
    </div>
  );
}

function UserMenu({ session }: { session: Session }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const router = useRouter();
  const leave = async () => {
    try {
      await signOut();
    } catch {
      toast('bad', t('common.offline'));
      return;
    }
    await router.navigate({ to: '/login', search: {} });
    client.clear();
  };
  return (
    <Menu
      label={t('frame.account')}
      trigger={
        <Button variant="quiet" aria-label={`${t('frame.account')}: ${session.user.name}`}>
          <CircleUserRound size={18} aria-hidden />
          <span className={css.person}>{session.user.name}</span>
        </Button>
      }
      entries={[
        {
          id: 'out',
          label: t('frame.signOut'),
          icon: <LogOut size={16} aria-hidden />,
          onAction: () => void leave(),
        },
      ]}
    />
  );
}

/** A window over the page, so that what was being typed is not lost. */
function SignInAgain({ session, onDone }: { session: Session; onDone: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const done = (next: Session) => {
    client.setQueryData(sessionQuery.queryKey, next);
    if (next.user.id !== session.user.id || next.tenant.name !== session.tenant.name) {
      location.assign('/');
      return;
    }
    onDone();
    void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
  };
  return (
    <Dialog title={t('login.expired')}>
      <p>{t('login.expiredHint')}</p>
      <LoginForm email={session.user.email} onDone={done} />
    </Dialog>
  );
}
