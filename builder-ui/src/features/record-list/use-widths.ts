// Column widths that the person set, kept in this browser per entity and view.
import { useState } from 'react';

export const NARROWEST = 60;
export const WIDEST = 800;

function stored(key: string): Record<string, number> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, number>) : {};
  } catch {
    return {};
  }
}

export function useWidths(list: string) {
  const key = `kontor.widths.${list}`;
  const [state, setState] = useState({ key, widths: stored(key) });
  if (state.key !== key) setState({ key, widths: stored(key) });
  const setWidth = (path: string, width: number) => {
    const widths = { ...state.widths, [path]: Math.round(Math.min(WIDEST, Math.max(NARROWEST, width))) };
    localStorage.setItem(key, JSON.stringify(widths));
    setState({ key, widths });
  };
  return { widths: state.widths, setWidth };
}
