// The look of the JSON editor, from the app's tokens.
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const colors = HighlightStyle.define([
  { tag: tags.propertyName, color: '#1a45b3' },
  { tag: tags.string, color: '#0b6b43' },
  { tag: [tags.number, tags.bool, tags.null], color: '#8a4b00' },
  { tag: tags.punctuation, color: '#525c6f' },
]);

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', backgroundColor: 'var(--surface)' },
  '&.cm-focused': { outline: '2px solid var(--brand)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-gutters': {
    backgroundColor: 'var(--surface-2)',
    color: '#5d6678',
    borderRight: '1px solid var(--line)',
  },
  '.cm-activeLine': { backgroundColor: '#f3f6fd' },
  '.cm-activeLineGutter': { backgroundColor: '#e8eefc' },
  '.cm-tooltip': {
    border: '1px solid var(--line)',
    borderRadius: '8px',
    boxShadow: 'var(--shadow-pop)',
    backgroundColor: 'var(--surface)',
    overflow: 'hidden',
  },
  '.cm-schema-help': { padding: '6px 10px', maxWidth: '420px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--brand-soft)',
    color: 'var(--text)',
  },
  '.cm-completionInfo': { padding: '6px 10px' },
});

export const theme = [look, syntaxHighlighting(colors)];
