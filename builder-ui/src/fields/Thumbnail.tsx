// A small picture of an image; what cannot be drawn gets the sign of a file.
import { FileText, ImageOff } from 'lucide-react';
import { useState } from 'react';
import { isPicture, type StoredFile, thumbnailAddress } from './files';
import css from './files.module.css';

interface Props {
  file: StoredFile;
  /** `cell`: in a row of a list; `line`: beside a name; `large`: on its own. */
  shape: 'cell' | 'line' | 'large';
  alt?: string;
}

const PIXELS = { cell: 28, line: 32, large: 160 } as const;

export function Thumbnail({ file, shape, alt = '' }: Props) {
  const [failed, setFailed] = useState(false);
  if (!isPicture(file) || failed) {
    const Sign = isPicture(file) ? ImageOff : FileText;
    return (
      <Sign
        size={18}
        className={css.icon}
        {...(alt ? { role: 'img', 'aria-label': alt } : { 'aria-hidden': true })}
      />
    );
  }
  return (
    <img
      className={`${css.preview} ${css[shape]}`}
      src={thumbnailAddress(file, shape === 'large' ? 320 : 96)}
      width={PIXELS[shape]}
      height={PIXELS[shape]}
      alt={alt}
      loading="lazy"
      onError={() => setFailed(true)}
    />
  );
}
