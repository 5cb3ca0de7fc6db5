/** How deep chains of causes are followed. */
const MAX_DEPTH = 5;

export interface LoggedError {
  type: string;
  message: string;
  stack?: string;
  code?: string | number;
  cause?: LoggedError;
}

/** What a log may say about an error: never its other properties, and no query of a URL, since presigned ones are secrets. */
export function errorForLog(error: unknown, depth = 1): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: withoutQueries(String(error)) };
  const logged: LoggedError = { type: error.name, message: withoutQueries(error.message) };
  if (error.stack && depth === 1) logged.stack = withoutQueries(error.stack);
  if ('code' in error && (typeof error.code === 'string' || typeof error.code === 'number')) {
    logged.code = error.code;
  }
  if (error.cause !== undefined && depth < MAX_DEPTH) logged.cause = errorForLog(error.cause, depth + 1);
  return logged;
}

function withoutQueries(text: string): string {
  return text.replace(/(https?:\/\/[^\s"'\\?]+)\?[^\s"'\\]*/g, '$1?…');
}
