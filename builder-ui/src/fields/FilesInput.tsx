// Files of a field: chosen or dropped, sent at once with their progress, taken out again.
import { Upload, X } from 'lucide-react';
import { type DragEvent, useEffect, useRef, useState } from 'react';
import { isProblem } from '../api/problem';
import type { FieldDoc } from '../definition/documents';
import { useI18n } from '../i18n/I18n';
import { Button } from '../ui/Button';
import type { FieldProps } from '../ui/Field';
import { FileList } from './FileList';
import fieldsCss from './fields.module.css';
import { filesOf, type StoredFile, upload } from './files';
import css from './files.module.css';

interface Props extends FieldProps {
  field: FieldDoc;
  value: unknown;
  onChange: (value: unknown) => void;
}

interface Sending {
  name: string;
  part: number;
  stop: AbortController;
}

/** Sends files one after the other; `taken` gets each that arrived. */
function useUploads(taken: (file: StoredFile) => void) {
  const { t } = useI18n();
  const [sending, setSending] = useState<Sending | null>(null);
  const [failed, setFailed] = useState<string[]>([]);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const send = async (files: File[]) => {
    setFailed([]);
    for (const file of files) {
      const stop = new AbortController();
      running.current = stop;
      setSending({ name: file.name, part: 0, stop });
      try {
        taken(await upload(file, (part) => setSending({ name: file.name, part, stop }), stop.signal));
      } catch (error) {
        const message = isProblem(error) ? error.message : t('field.fileOffline', { name: file.name });
        if (!stop.signal.aborted) setFailed((before) => [...before, message]);
      }
    }
    running.current = null;
    setSending(null);
  };
  return { sending, failed, send };
}

export function FilesInput({ field, value, onChange, ...props }: Props) {
  const { t } = useI18n();
  const many = field.type === 'files';
  const images = field.type === 'image' || field.type === 'signature';
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const files = filesOf(value);
  // Several arrive one after the other: each joins those that came before it.
  const latest = useRef(files);
  latest.current = files;
  const put = (next: StoredFile[]) => {
    latest.current = next;
    if (many) onChange(next.length > 0 ? next : null);
    else onChange(next.at(-1) ?? null);
  };
  const { sending, failed, send } = useUploads((file) => put(many ? [...latest.current, file] : [file]));
  const choose = (list: globalThis.FileList | null) => {
    const chosen = Array.from(list ?? []);
    if (chosen.length > 0 && !sending) void send(many ? chosen : chosen.slice(0, 1));
    if (input.current) input.current.value = '';
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    choose(event.dataTransfer.files);
  };
  const editable = !props.isReadOnly && !props.isDisabled;
  const errors = props.error ? [...failed, props.error] : failed;
  return (
    <fieldset className={fieldsCss.fieldset}>
      <legend
        className={props.hideLabel ? 'sr' : fieldsCss.legend}
        data-required={props.isRequired || undefined}
      >
        {props.label}
      </legend>
      <FileList
        files={files}
        large={images}
        onRemove={editable ? (gone) => put(files.filter((file) => file.id !== gone.id)) : undefined}
      />
      {sending ? (
        <div className={css.file}>
          <progress
            className={css.progress}
            value={sending.part}
            aria-label={t('field.uploading', { name: sending.name })}
          />
          <span className={css.name}>{t('field.uploading', { name: sending.name })}</span>
          <Button
            variant="quiet"
            icon
            aria-label={t('field.cancelUpload', { name: sending.name })}
            onPress={() => sending.stop.abort()}
          >
            <X size={16} aria-hidden />
          </Button>
        </div>
      ) : null}
      {editable && !sending ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button is for everybody
        <div
          className={css.drop}
          data-over={over || undefined}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <input
            ref={input}
            type="file"
            hidden
            multiple={many}
            accept={images ? 'image/png,image/jpeg,image/gif,image/webp' : undefined}
            aria-label={props.label}
            onChange={(event) => choose(event.target.files)}
          />
          <Button onPress={() => input.current?.click()}>
            <Upload size={16} aria-hidden />
            {t(many ? 'field.chooseFiles' : 'field.chooseFile')}
          </Button>
          <span className={css.hint}>{t(images ? 'field.dropImage' : 'field.dropFile')}</span>
        </div>
      ) : null}
      {errors.map((error) => (
        <p key={error} className={fieldsCss.error} role="alert">
          {error}
        </p>
      ))}
      {props.help && errors.length === 0 ? <p className={css.hint}>{props.help}</p> : null}
    </fieldset>
  );
}
