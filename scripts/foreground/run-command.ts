import { inspect, styleText } from 'node:util';
import { UsageError } from './usage-error.ts';

/**
 * Runs a command of ours to its exit code. What is wrong with the call ends in 2, everything else that is thrown
 * in 1, both as a plain message.
 */
export async function runCommand(command: () => Promise<number>): Promise<never> {
  try {
    process.exit(await command());
  } catch (error) {
    console.error(styleText('red', described(error), { stream: process.stderr }));
    process.exit(isUsageError(error) ? 2 : 1);
  }
}

/** The message is enough when somebody wrote it for a reader; a mistake of ours needs its place. */
function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isUsageError(error)) return error.message;
  const isOurMistake = [TypeError, RangeError, ReferenceError, AggregateError].some(
    (kind) => error instanceof kind,
  );
  return isOurMistake ? inspect(error) : error.message;
}

// Node's own for an option that does not exist, and ours for a value that makes no sense.
function isUsageError(error: unknown): boolean {
  if (error instanceof UsageError) return true;
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('ERR_PARSE_ARGS')
  );
}
