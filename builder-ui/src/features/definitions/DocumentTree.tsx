// Every document of the draft by app and kind, with marks for what changed.
import { FilePlus2 } from 'lucide-react';
import { useState } from 'react';
import type { DraftDocument } from '../../api/draft';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/TextField';
import css from './definitions.module.css';
import { isKind, keyOf, treeOf } from './kinds';

interface Props {
  documents: DraftDocument[];
  open: string | undefined;
  onOpen: (key: string) => void;
  onNew: () => void;
}

export function DocumentTree({ documents, open, onOpen, onNew }: Props) {
  const { t } = useI18n();
  const [search, setSearch] = useState('');
  const apps = treeOf(documents, search);
  return (
    <nav className={css.tree} aria-label={t('def.documents')}>
      <div className={css.treeHead}>
        <TextField
          label={t('def.searchDocuments')}
          hideLabel
          placeholder={t('def.searchDocuments')}
          value={search}
          onChange={setSearch}
          className={css.treeSearch}
        />
        <Button icon aria-label={t('def.new')} onPress={onNew}>
          <FilePlus2 size={16} aria-hidden />
        </Button>
      </div>
      <div className={css.treeBody}>
        {apps.map(({ app, kinds }) => (
          <details key={app} open={app !== 'base' || search !== '' || (open?.startsWith('base/') ?? false)}>
            <summary className={css.app}>{app}</summary>
            {kinds.map(({ kind, documents: own }) => (
              <div key={kind} className={css.kind}>
                <h3>
                  {isKind(kind) ? t(`kind.${kind}`) : kind} <span className={css.count}>{own.length}</span>
                </h3>
                <ul>
                  {own.map((document) => (
                    <DocumentEntry
                      key={document.name}
                      document={document}
                      isOpen={keyOf(document) === open}
                      onOpen={onOpen}
                    />
                  ))}
                </ul>
              </div>
            ))}
          </details>
        ))}
      </div>
    </nav>
  );
}

function DocumentEntry({
  document,
  isOpen,
  onOpen,
}: {
  document: DraftDocument;
  isOpen: boolean;
  onOpen: (key: string) => void;
}) {
  const { t } = useI18n();
  const { name, state } = document;
  return (
    <li>
      <button
        type="button"
        className={css.document}
        aria-current={isOpen ? 'true' : undefined}
        data-state={state}
        onClick={() => onOpen(keyOf(document))}
      >
        <span className={css.documentName}>{name}</span>
        {state === 'unchanged' ? null : <span className={css.mark}>{t(`def.state.${state}`)}</span>}
      </button>
    </li>
  );
}
