// Files to read: preview, name as a link, size; in a form with a button that takes one out.
import { X } from 'lucide-react';
import { useI18n } from '../i18n/I18n';
import { Button } from '../ui/Button';
import { fileAddress, isPicture, type StoredFile, sizeText } from './files';
import css from './files.module.css';
import { Thumbnail } from './Thumbnail';

interface Props {
  files: StoredFile[];
  /** Pictures are what the field is for: each is shown large. */
  large?: boolean;
  onRemove?: ((file: StoredFile) => void) | undefined;
}

export function FileList({ files, large = false, onRemove }: Props) {
  const { t } = useI18n();
  if (files.length === 0) return null;
  return (
    <ul className={css.list}>
      {files.map((file) => (
        <li key={file.id} className={css.file}>
          <Thumbnail file={file} shape={large && isPicture(file) ? 'large' : 'line'} />
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
