// A question with two answers; the safe one has the focus.
import type { ReactNode } from 'react';
import { useI18n } from '../i18n/I18n';
import { Button } from './Button';
import { Dialog } from './Dialog';

interface Props {
  title: string;
  children: ReactNode;
  confirm: string;
  cancel?: string;
  danger?: boolean;
  isPending?: boolean;
  onConfirm: () => void;
  onCancel: () => void;
}

export function Confirm({ title, children, confirm, cancel, danger, isPending, onConfirm, onCancel }: Props) {
  const { t } = useI18n();
  return (
    <Dialog
      role="alertdialog"
      title={title}
      onClose={onCancel}
      actions={
        <>
          <Button autoFocus onPress={onCancel}>
            {cancel ?? t('common.cancel')}
          </Button>
          <Button variant={danger ? 'danger' : 'primary'} isDisabled={Boolean(isPending)} onPress={onConfirm}>
            {confirm}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
