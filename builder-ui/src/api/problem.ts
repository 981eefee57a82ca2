// What can go wrong with a request, as the screens need to know it.

export interface FieldError {
  pointer: string;
  code: string;
  message: string;
  suggestion?: string;
  /** A record that stands in the way and that the person may open. */
  record?: { entity: string; id: string };
}

export interface Finding {
  severity: 'error' | 'warning';
  code: string;
  app: string;
  kind: string;
  name: string;
  file: string;
  pointer: string;
  line: number;
  column: number;
  message: string;
  suggestion?: string;
}

/** The server's answer to a request it refused (RFC 9457). */
export class Problem extends Error {
  override name = 'Problem';
  constructor(
    readonly status: number,
    readonly code: string,
    title: string,
    readonly detail: string,
    readonly errors: FieldError[] = [],
    readonly findings: Finding[] = [],
    readonly retryAfter?: number,
  ) {
    super(detail || title);
  }
}

/** The server could not be reached. */
export class Offline extends Error {
  override name = 'Offline';
}

export const isProblem = (error: unknown, code?: string): error is Problem =>
  error instanceof Problem && (code === undefined || error.code === code);
