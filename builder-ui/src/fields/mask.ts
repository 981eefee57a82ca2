// What stands in answers in place of a sensitive value.

/** Shown for a value that is there and not told. */
export const DOTS = '••••••';

export const isMask = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'masked' in value && value.masked === true;
