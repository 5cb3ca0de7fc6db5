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
    warn(`could not ${what}`, { error: String(error), cause: causeOf(error) });
    return false;
  }
}

function causeOf(error: unknown): string | null {
  return error instanceof Error && error.cause !== undefined ? String(error.cause) : null;
}
