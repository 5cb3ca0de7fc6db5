/** One line of JSON, as Workers Logs index it. */
export function warn(msg: string, fields: Record<string, unknown> = {}): void {
  console.warn(JSON.stringify({ level: 'warn', msg, ...fields }));
}

/** Waits for work whose failure must not stop what comes after it; the failure is logged. True when there was none. */
export async function attempted(what: string, work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    warn(`could not ${what}`, { error: describeError(error) });
    return false;
  }
}

/** An error for the log. What drizzle says of a failed statement names its parameters, which may be secrets: left out. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isStatement = error.message.startsWith('Failed query:');
  const own = isStatement ? 'Failed query' : (error.stack ?? error.message);
  return error.cause === undefined ? own : `${own}\ncaused by ${describeError(error.cause)}`;
}
