// The windows of the definitions page: new document, delete, publish, discard, restore, purge.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type DraftDocument, deleteDocument, discardDraft } from '../../api/draft';
import { type Finding, Problem } from '../../api/problem';
import { useI18n } from '../../i18n/I18n';
import { Confirm } from '../../ui/Confirm';
import { toast } from '../../ui/toast-store';
import { NewDocumentDialog } from './NewDocumentDialog';
import { PublishDialog } from './PublishDialog';
import { RestoreDialog } from './RestoreDialog';
import { UnusedDialog } from './UnusedDialog';

export type OpenDialog =
  | { kind: 'new' }
  | { kind: 'publish' }
  | { kind: 'discard' }
  | { kind: 'delete'; key: string }
  | { kind: 'restore'; revision: number }
  | { kind: 'unused' };

interface Props {
  dialog: OpenDialog | null;
  documents: DraftDocument[];
  onClose: () => void;
  onOpen: (key: string | undefined) => void;
  onPublished: () => void;
  onRefused: (findings: Finding[]) => void;
}

export function DraftDialogs({ dialog, documents, onClose, onOpen, onPublished, onRefused }: Props) {
  const { t } = useI18n();
  const client = useQueryClient();
  const [isPending, setPending] = useState(false);
  /** Everything that depends on the draft or on the live definitions is asked for again. */
  const refresh = async () => {
    for (const key of ['draft', 'revisions', 'definitions', 'records']) {
      await client.invalidateQueries({ queryKey: [key] });
    }
  };
  const run = async (work: () => Promise<void>) => {
    setPending(true);
    try {
      await work();
      await refresh();
      onClose();
    } catch (error) {
      if (error instanceof Problem && error.findings.length > 0) {
        onRefused(error.findings);
        onClose();
      }
      toast('bad', error instanceof Problem ? error.message : t('common.offline'));
    } finally {
      setPending(false);
    }
  };
  const refused = (findings: Finding[]) => {
    onClose();
    onRefused(findings);
    toast('bad', t('def.refused', { n: findings.length }));
  };
  if (!dialog) return null;
  const shared = { isPending, onCancel: onClose, danger: true };
  switch (dialog.kind) {
    case 'new':
      return (
        <NewDocumentDialog
          documents={documents}
          onClose={onClose}
          onCreated={(key) => {
            void refresh();
            onClose();
            onOpen(key);
          }}
        />
      );
    case 'publish':
      return (
        <PublishDialog
          onClose={onClose}
          onPublished={(revision) => {
            toast('ok', t('def.published', { n: revision }));
            onClose();
            onPublished();
            void refresh();
          }}
          onRefused={refused}
        />
      );
    case 'discard':
      return (
        <Confirm
          {...shared}
          title={t('def.discardTitle')}
          confirm={t('def.discard')}
          onConfirm={() =>
            void run(async () => {
              await discardDraft();
              client.removeQueries({ queryKey: ['draft', 'document'] });
              onOpen(undefined);
            })
          }
        >
          {t('def.discardHint')}
        </Confirm>
      );
    case 'delete':
      return (
        <Confirm
          {...shared}
          title={t('def.deleteTitle', { name: dialog.key })}
          confirm={t('common.delete')}
          onConfirm={() =>
            void run(async () => {
              await deleteDocument(dialog.key);
              onOpen(undefined);
            })
          }
        >
          {t('def.deleteHint')}
        </Confirm>
      );
    case 'restore':
      return (
        <RestoreDialog
          revision={dialog.revision}
          onClose={onClose}
          onRestored={(revision) => {
            client.removeQueries({ queryKey: ['draft', 'document'] });
            toast('ok', t('def.published', { n: revision }));
            onClose();
            onPublished();
            void refresh();
          }}
          onRefused={refused}
        />
      );
    case 'unused':
      return (
        <UnusedDialog
          onClose={onClose}
          onPurged={(count) => {
            toast('ok', t('def.purged', { n: count }));
            onClose();
            void refresh();
          }}
        />
      );
  }
}
