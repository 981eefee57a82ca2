// Adds a document to the draft: app, kind and name.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { type DraftDocument, storeDocument } from '../../api/draft';
import { Problem } from '../../api/problem';
import { useI18n } from '../../i18n/I18n';
import { Banner } from '../../ui/Banner';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Select } from '../../ui/Select';
import { TextField } from '../../ui/TextField';
import { CREATABLE, isKind, type Kind, newDocument } from './kinds';
import css from './panels.module.css';

interface Props {
  documents: DraftDocument[];
  onClose: () => void;
  onCreated: (key: string) => void;
}

export function NewDocumentDialog({ documents, onClose, onCreated }: Props) {
  const { t } = useI18n();
  const apps = [...new Set(documents.map(({ app }) => app))].filter((app) => app !== 'base');
  const [app, setApp] = useState(apps[0] ?? '');
  const [kind, setKind] = useState<Kind>('entity');
  const [name, setName] = useState('');
  const pattern = kind === 'translation' ? /^[a-z]{2,3}(-[A-Za-z]{2,4})?$/ : /^[a-z][a-z0-9_]*$/;
  const taken = documents.some(
    (document) => document.app === app && document.kind === kind && document.name === name,
  );
  const wrong =
    name !== '' && !pattern.test(name) ? t('def.nameRule') : taken ? t('def.nameTaken') : undefined;
  const create = useMutation({
    mutationFn: async () => {
      const entity =
        documents.find((document) => document.app === app && document.kind === 'entity')?.name ?? '';
      const key = `${app}/${kind}/${name}`;
      await storeDocument(key, newDocument(kind, name, entity), { ifNoneMatch: '*' });
      return key;
    },
    onSuccess: onCreated,
  });
  const error = create.error;
  return (
    <Dialog
      title={t('def.new')}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button
            variant="primary"
            isDisabled={create.isPending || name === '' || wrong !== undefined || !app}
            onPress={() => create.mutate()}
          >
            {t('def.create')}
          </Button>
        </>
      }
    >
      <div className={css.plan}>
        {error ? (
          <Banner tone="bad">{error instanceof Problem ? error.message : t('common.offline')}</Banner>
        ) : null}
        <Select
          label={t('kind.app')}
          value={app}
          options={apps.map((id) => ({ id, label: id }))}
          onChange={(id) => setApp(id ?? '')}
        />
        <Select
          label={t('def.kind')}
          value={kind}
          options={CREATABLE.map((id) => ({ id, label: t(`kind.${id}`) }))}
          onChange={(id) => id && isKind(id) && setKind(id)}
        />
        <TextField
          label={t('def.name')}
          help={t('def.nameHelp')}
          value={name}
          onChange={setName}
          error={wrong}
          isRequired
        />
      </div>
    </Dialog>
  );
}
