// Records of the same thing stand in the way: what may be told of them, and saving all the same where that is allowed.
import { ExternalLink } from 'lucide-react';
import type { FieldError } from '../../api/problem';
import { placeOfEntity } from '../../app/place';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import css from './form.module.css';

interface Props {
  errors: FieldError[];
  isBusy: boolean;
  onSave: () => void;
  onClose: () => void;
}

const addressOf = ({ entity, id }: { entity: string; id: string }) => {
  const place = placeOfEntity(entity);
  return `/records/${place.app}/${place.entity}/${encodeURIComponent(id)}`;
};

export function DuplicateWindow({ errors, isBusy, onSave, onClose }: Props) {
  const { t } = useI18n();
  const allowed = errors.every((error) => error.code === 'possible_duplicate');
  return (
    <Dialog
      role="alertdialog"
      title={t(allowed ? 'record.possibleDuplicate' : 'record.duplicate')}
      onClose={onClose}
      actions={
        <>
          <Button autoFocus onPress={onClose}>
            {t('record.backToForm')}
          </Button>
          {allowed ? (
            <Button variant="primary" isDisabled={isBusy} onPress={onSave}>
              {t('record.saveAnyway')}
            </Button>
          ) : null}
        </>
      }
    >
      <ul className={css.duplicates}>
        {errors.map((error) => (
          <li key={`${error.pointer}/${error.message}`}>
            <p>{error.message}</p>
            {error.suggestion ? <p className={css.quiet}>{error.suggestion}</p> : null}
            {error.record ? (
              <a href={addressOf(error.record)} target="_blank" rel="noreferrer">
                {t('record.openOther')}
                <ExternalLink size={14} aria-hidden />
              </a>
            ) : null}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
