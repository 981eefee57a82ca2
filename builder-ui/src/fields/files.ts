// Files as records answer them, and sending new ones.
import { csrfToken, problemFrom } from '../api/client';
import { Offline } from '../api/problem';

export interface StoredFile {
  id: string;
  name: string;
  type: string;
  size: number;
}

const isFile = (value: unknown): value is StoredFile =>
  typeof value === 'object' && value !== null && 'id' in value && 'name' in value && 'size' in value;

/** The files in a field's value: one, several or none. */
export const filesOf = (value: unknown): StoredFile[] =>
  (Array.isArray(value) ? value : [value]).filter(isFile);

export const fileAddress = (file: StoredFile) => `/api/files/${encodeURIComponent(file.id)}`;

/** Pixels of the longer side; the server draws these sizes. */
export type ThumbnailSize = 96 | 320 | 1280;

export const thumbnailAddress = (file: StoredFile, size: ThumbnailSize) =>
  `${fileAddress(file)}/thumbnail?size=${size}`;

/** Images that a browser shows and nothing can run in. */
export const isPicture = (file: StoredFile) => /^image\/(png|jpeg|gif|webp)$/.test(file.type);

/** `48 KB`, `3.2 MB` */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KB', 'MB', 'GB'];
  let size = bytes / 1024;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size < 10 ? Math.round(size * 10) / 10 : Math.round(size)} ${units[unit]}`;
}

/** Sends a file; `progress` hears the part that has left, 0 to 1. fetch cannot tell it. */
export function upload(
  file: File,
  progress: (part: number) => void,
  signal: AbortSignal,
): Promise<StoredFile> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/files?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader('Accept-Language', document.documentElement.lang || 'zh-CN');
    request.setRequestHeader('X-CSRF-Token', csrfToken());
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => {
      const body = JSON.parse(request.responseText || '{}');
      if (request.status === 201) resolve(body);
      else {
        const headers = { get: (name: string) => request.getResponseHeader(name) };
        reject(problemFrom({ status: request.status, statusText: request.statusText, headers }, body));
      }
    };
    request.onerror = () => reject(new Offline('offline'));
    request.onabort = () => reject(new DOMException('aborted', 'AbortError'));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
