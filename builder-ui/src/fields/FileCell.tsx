// Files in a row of a list or grid: small pictures, the name of a single file, the number of several.
import { useI18n } from '../i18n/I18n';
import { isPicture, type StoredFile } from './files';
import css from './files.module.css';
import { Thumbnail } from './Thumbnail';

const SHOWN = 3;

export function FileCell({ files }: { files: StoredFile[] }) {
  const { t } = useI18n();
  const [first] = files;
  if (!first) return null;
  const pictures = files.every(isPicture);
  return (
    <span className={css.cellFiles}>
      {pictures ? (
        files
          .slice(0, SHOWN)
          .map((file) => <Thumbnail key={file.id} file={file} shape="cell" alt={file.name} />)
      ) : (
        <Thumbnail file={first} shape="cell" />
      )}
      {pictures && files.length <= SHOWN ? null : (
        <span className={css.name}>
          {files.length === 1 ? first.name : t('field.files', { n: files.length })}
        </span>
      )}
    </span>
  );
}
