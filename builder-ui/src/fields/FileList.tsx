// Files to read: preview, name as a link, size; in a form with a button that takes one out.
import { FileText, X } from 'lucide-react';
import { useI18n } from '../i18n/I18n';
import { Button } from '../ui/Button';
import { fileAddress, isPicture, type StoredFile, sizeText } from './files';
import css from './files.module.css';

interface Props {
  files: StoredFile[];
  onRemove?: ((file: StoredFile) => void) | undefined;
}

export function FileList({ files, onRemove }: Props) {
  const { t } = useI18n();
  if (files.length === 0) return null;
  return (
    <ul className={css.list}>
      {files.map((file) => (
        <li key={file.id} className={css.file}>
          {isPicture(file) ? (
            <img className={css.preview} src={fileAddress(file)} alt="" loading="lazy" />
          ) : (
            <FileText size={18} aria-hidden className={css.icon} />
          )}
          <a className={css.name} href={fileAddress(file)} target="_blank" rel="noreferrer noopener">
            {file.name}
          </a>
          <span className={css.size}>{sizeText(file.size)}</span>
          {onRemove ? (
            <Button
              variant="quiet"
              icon
              aria-label={t('field.removeFile', { name: file.name })}
              onPress={() => onRemove(file)}
            >
              <X size={16} aria-hidden />
            </Button>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
