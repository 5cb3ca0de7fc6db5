import { redact } from './redact.ts';

/** An error as a log keeps it. */
export interface LoggedError {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  /** From the nearest to the first: `type: message`. */
  causes?: string[];
}

/** How deep chains of causes are followed. */
const MAX_CAUSES = 4;

/**
 * What a log may say about anything thrown: none of its other properties, and nothing secret. What drizzle says of a
 * failed statement names its parameters, which may be secrets: left out.
 */
export function describeError(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: redact(String(error)) };
  const logged: LoggedError = { type: error.name, message: messageOf(error) };
  if ('code' in error && (typeof error.code === 'string' || typeof error.code === 'number')) {
    logged.code = String(error.code);
  }
  if (error.stack && !isStatement(error)) logged.stack = redact(error.stack);
  const causes = causesOf(error);
  if (causes.length > 0) logged.causes = causes;
  return logged;
}

function causesOf(error: Error): string[] {
  const causes: string[] = [];
  for (let at = error.cause; at !== undefined && causes.length < MAX_CAUSES; ) {
    causes.push(at instanceof Error ? `${at.name}: ${messageOf(at)}` : redact(String(at)));
    at = at instanceof Error ? at.cause : undefined;
  }
  return causes;
}

function messageOf(error: Error): string {
  return isStatement(error) ? 'Failed query' : redact(error.message);
}

function isStatement(error: Error): boolean {
  return error.message.startsWith('Failed query:');
}
