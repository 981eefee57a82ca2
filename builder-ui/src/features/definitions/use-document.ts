// One open document of the draft: its text, autosave with etag, and what the server said about it.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { draftQuery, type StoredDocument, storeDocument } from '../../api/draft';
import { type Finding, Offline, Problem } from '../../api/problem';

export type SaveState =
  | { kind: 'saved' }
  | { kind: 'waiting' }
  | { kind: 'saving' }
  | { kind: 'syntax' }
  | { kind: 'refused'; findings: Finding[]; message: string }
  | { kind: 'stale' }
  | { kind: 'changedElsewhere' }
  | { kind: 'offline' };

const PAUSE = 700;

function failure(error: unknown): SaveState {
  if (error instanceof Offline) return { kind: 'offline' };
  if (!(error instanceof Problem)) return { kind: 'refused', findings: [], message: '' };
  if (error.status === 412) return { kind: 'changedElsewhere' };
  if (error.status === 409) return { kind: 'stale' };
  const fromErrors = error.errors.map(
    ({ code, pointer, message, suggestion }): Finding => ({
      severity: 'error',
      code,
      app: '',
      kind: '',
      name: '',
      file: '',
      pointer,
      line: 1,
      column: 1,
      message,
      ...(suggestion ? { suggestion } : {}),
    }),
  );
  return {
    kind: 'refused',
    findings: error.findings.length > 0 ? error.findings : fromErrors,
    message: error.message,
  };
}

export function useDocument(key: string, stored: StoredDocument) {
  const client = useQueryClient();
  const [text, setText] = useState(stored.text);
  const [state, setState] = useState<SaveState>({ kind: 'saved' });
  const now = useRef({
    text: stored.text,
    savedText: stored.text,
    etag: stored.etag,
    timer: 0,
    running: Promise.resolve(),
  });

  const write = useCallback(async () => {
    const { text: typed, savedText, etag } = now.current;
    if (typed === savedText) return setState({ kind: 'saved' });
    let document: unknown;
    try {
      document = JSON.parse(typed);
    } catch {
      return setState({ kind: 'syntax' });
    }
    setState({ kind: 'saving' });
    try {
      const answer = await storeDocument(key, document, { ifMatch: etag });
      now.current.etag = answer.etag;
      now.current.savedText = typed;
      // The stored form (ids added, layout) is taken over unless the person typed on meanwhile.
      if (now.current.text === typed) {
        now.current.text = answer.text;
        now.current.savedText = answer.text;
        setText(answer.text);
        setState({ kind: 'saved' });
      }
      void client.invalidateQueries({ queryKey: draftQuery.queryKey, exact: true });
    } catch (error) {
      setState(failure(error));
    }
  }, [client, key]);

  /** Saves what is typed at once; one request after the other. */
  const flush = useCallback(() => {
    clearTimeout(now.current.timer);
    now.current.running = now.current.running.then(write);
    return now.current.running;
  }, [write]);
  const change = useCallback(
    (next: string) => {
      if (next === now.current.text) return;
      now.current.text = next;
      setText(next);
      setState({ kind: 'waiting' });
      clearTimeout(now.current.timer);
      now.current.timer = window.setTimeout(() => void flush(), PAUSE);
    },
    [flush],
  );
  useEffect(() => {
    return () => {
      if (now.current.text !== now.current.savedText) void flush();
    };
  }, [flush]);
  return { text, state, change, flush };
}
