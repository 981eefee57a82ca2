// E-mail and password, then the company when there are several. Used by the sign-in page and the expired-session window.
import { useMutation } from '@tanstack/react-query';
import { Building2, Eye, EyeOff } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { Form } from 'react-aria-components/Form';
import { Offline, Problem } from '../../api/problem';
import { type Credentials, type Session, signIn, type TenantChoice } from '../../api/session';
import { type Translate, useI18n } from '../../i18n/I18n';
import { Banner } from '../../ui/Banner';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/TextField';
import css from './login.module.css';

function messageOf(error: unknown, t: Translate): string {
  if (error instanceof Offline) return t('common.offline');
  if (!(error instanceof Problem)) return t('common.unexpected');
  if (error.status === 429) {
    const minutes = Math.max(1, Math.ceil((error.retryAfter ?? 60) / 60));
    return t('login.locked', { minutes });
  }
  if (error.code === 'wrong_credentials') return t('login.wrong');
  return error.message;
}

export function LoginForm({ email: known, onDone }: { email?: string; onDone: (session: Session) => void }) {
  const { t } = useI18n();
  const [email, setEmail] = useState(known ?? '');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const [capsLock, setCapsLock] = useState(false);
  const [choices, setChoices] = useState<TenantChoice[] | null>(null);
  const login = useMutation({
    mutationFn: (credentials: Credentials) => signIn(credentials),
    onSuccess: (answer) => ('choose' in answer ? setChoices(answer.choose) : onDone(answer)),
  });
  const submit = (tenant?: string) =>
    login.mutate({ email: email.trim(), password, ...(tenant ? { tenant } : {}) });
  const watchCapsLock = (event: KeyboardEvent) => setCapsLock(event.getModifierState?.('CapsLock') ?? false);

  if (choices)
    return (
      <TenantChoiceList
        choices={choices}
        isPending={login.isPending}
        onChoose={submit}
        onBack={() => setChoices(null)}
      />
    );
  return (
    <Form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (email.trim() && password) submit();
      }}
    >
      {login.error ? <Banner tone="bad">{messageOf(login.error, t)}</Banner> : null}
      <TextField
        label={t('login.email')}
        name="email"
        type="email"
        autoComplete="username"
        value={email}
        onChange={setEmail}
        autoFocus={!known}
        isRequired
      />
      <div className={css.password}>
        <TextField
          label={t('login.password')}
          name="password"
          type={shown ? 'text' : 'password'}
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          onKeyDown={watchCapsLock}
          autoFocus={Boolean(known)}
          isRequired
          help={capsLock ? t('login.capsLock') : undefined}
        />
        <Button
          variant="quiet"
          icon
          className={css.eye}
          aria-label={t(shown ? 'login.hide' : 'login.show')}
          onPress={() => setShown(!shown)}
        >
          {shown ? <EyeOff size={16} aria-hidden /> : <Eye size={16} aria-hidden />}
        </Button>
      </div>
      <Button type="submit" variant="primary" isDisabled={login.isPending} className={css.submit}>
        {t(login.isPending ? 'login.pending' : 'login.submit')}
      </Button>
    </Form>
  );
}

interface ChoiceProps {
  choices: TenantChoice[];
  isPending: boolean;
  onChoose: (tenant: string) => void;
  onBack: () => void;
}

function TenantChoiceList({ choices, isPending, onChoose, onBack }: ChoiceProps) {
  const { t } = useI18n();
  return (
    <div className={css.form}>
      <p>{t('login.choose')}</p>
      <ul className={css.choices}>
        {choices.map(({ tenant, title }) => (
          <li key={tenant}>
            <Button isDisabled={isPending} className={css.choice} onPress={() => onChoose(tenant)}>
              <Building2 size={18} aria-hidden />
              {title}
            </Button>
          </li>
        ))}
      </ul>
      <Button variant="quiet" onPress={onBack}>
        {t('login.back')}
      </Button>
    </div>
  );
}
