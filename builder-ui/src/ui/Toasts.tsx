// Where short messages appear; read out politely, errors at once.
import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { useI18n } from '../i18n/I18n';
import { Button } from './Button';
import css from './Toasts.module.css';
import { useToasts } from './toast-store';

export function Toasts() {
  const { t } = useI18n();
  const { toasts, close } = useToasts();
  return (
    <section className={css.stack} aria-label={t('common.messages')}>
      {toasts.map(({ id, tone, text }) => (
        <div key={id} role={tone === 'ok' ? 'status' : 'alert'} className={`${css.toast} ${css[tone]}`}>
          {tone === 'ok' ? <CircleCheck size={18} aria-hidden /> : <CircleAlert size={18} aria-hidden />}
          <span className={css.text}>{text}</span>
          <Button variant="quiet" icon aria-label={t('common.close')} onPress={() => close(id)}>
            <X size={16} aria-hidden />
          </Button>
        </div>
      ))}
    </section>
  );
}
