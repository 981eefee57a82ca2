// A modal window with a heading and a row of buttons; a full screen on phones when `full`.
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog as AriaDialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { useI18n } from '../i18n/I18n';
import { Button } from './Button';
import css from './Dialog.module.css';

interface Props {
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  onClose?: (() => void) | undefined;
  size?: 'small' | 'large' | 'side' | 'full';
  role?: 'dialog' | 'alertdialog';
}

export function Dialog({ title, children, actions, onClose, size = 'small', role = 'dialog' }: Props) {
  const { t } = useI18n();
  return (
    <ModalOverlay
      isOpen
      isDismissable={Boolean(onClose) && role === 'dialog'}
      isKeyboardDismissDisabled={!onClose}
      onOpenChange={(open) => !open && onClose?.()}
      className={`${css.overlay} ${css[`over-${size}`] ?? ''}`}
    >
      <Modal className={`${css.modal} ${css[size]}`}>
        <AriaDialog role={role} className={css.dialog}>
          <header className={css.header}>
            <Heading slot="title" className={css.title}>
              {title}
            </Heading>
            {onClose ? (
              <Button variant="quiet" icon aria-label={t('common.close')} onPress={onClose}>
                <X size={18} aria-hidden />
              </Button>
            ) : null}
          </header>
          <div className={css.body}>{children}</div>
          {actions ? <footer className={css.footer}>{actions}</footer> : null}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
