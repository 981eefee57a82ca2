// The JSON editor (CodeMirror), loaded only when a document is opened.
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json, jsonParseLinter } from '@codemirror/lang-json';
import { bracketMatching, foldGutter, foldKeymap, indentOnInput } from '@codemirror/language';
import { type Diagnostic, linter, lintGutter, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { useEffect, useRef } from 'react';
import type { JsonSchema } from '../../api/draft';
import type { Finding } from '../../api/problem';
import { completions, hover } from './editor-help';
import { theme } from './editor-theme';

interface Props {
  label: string;
  text: string;
  schema: JsonSchema | undefined;
  findings: Finding[];
  /** A line to show, from 1; the number changes with each wish, so that the same line can be asked for again. */
  goTo: { line: number; wish: number } | undefined;
  onChange: (text: string) => void;
}

function marks(state: EditorState, findings: Finding[]): Diagnostic[] {
  return findings.map(({ line, severity, message, suggestion }) => {
    const at = state.doc.line(Math.max(1, Math.min(state.doc.lines, line)));
    const from = at.from + (at.text.length - at.text.trimStart().length);
    return {
      from,
      to: Math.max(from, at.to),
      severity,
      message: suggestion ? `${message}\n${suggestion}` : message,
    };
  });
}

export default function JsonEditor({ label, text, schema, findings, goTo, onChange }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const live = useRef({ schema, onChange, findings });
  live.current = { schema, onChange, findings };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once; texts go to it by transactions
  useEffect(() => {
    if (!host.current) return;
    const source = () => live.current.schema;
    const syntax = jsonParseLinter();
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          lintGutter(),
          foldGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          highlightSelectionMatches(),
          json(),
          linter((v) => [...syntax(v), ...marks(v.state, live.current.findings)]),
          autocompletion({ override: [completions(source)] }),
          hover(source),
          keymap.of([
            ...closeBracketsKeymap,
            ...defaultKeymap,
            ...searchKeymap,
            ...historyKeymap,
            ...foldKeymap,
            ...completionKeymap,
          ]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) live.current.onChange(update.state.doc.toString());
          }),
          theme,
        ],
      }),
    });
    editor.scrollDOM.tabIndex = 0;
    view.current = editor;
    return () => editor.destroy();
  }, []);
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === text) return;
    const head = Math.min(editor.state.selection.main.head, text.length);
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: text },
      selection: { anchor: head },
    });
  }, [text]);
  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, marks(editor.state, findings)));
  }, [findings]);
  useEffect(() => {
    const editor = view.current;
    if (!editor || !goTo) return;
    const line = editor.state.doc.line(Math.max(1, Math.min(editor.state.doc.lines, goTo.line)));
    editor.dispatch({
      selection: { anchor: line.from, head: line.to },
      effects: EditorView.scrollIntoView(line.from, { y: 'center' }),
    });
    editor.focus();
  }, [goTo]);
  return <div ref={host} style={{ height: '100%', minHeight: 0 }} />;
}
