import { describeError } from '@millrace/shared/log/describe-error.ts';
import type { LogFields } from '@millrace/shared/log/log-fields.ts';
import { redact } from '@millrace/shared/log/redact.ts';

export type Level = 'info' | 'warn' | 'error';

/** What is said of every line from here on. */
export type BoundFields = Omit<LogFields, 'err'>;

/** Lines of JSON, one an event. The fields are a closed list: see `LOG_FIELDS`. */
export interface Log {
  info(msg: string, fields?: LogFields): void;
  warn(msg: string, fields?: LogFields): void;
  error(msg: string, fields?: LogFields): void;
  /** The same log, that says this of every line. */
  with(fields: BoundFields): Log;
}

/** Takes one finished line. */
export type WriteLine = (level: Level, line: string) => void;

export function createLog(now: () => number, write: WriteLine = toConsole, bound: BoundFields = {}): Log {
  const line =
    (level: Level) =>
    (msg: string, fields: LogFields = {}) =>
      write(level, redact(JSON.stringify(lineOf(level, msg, { ...bound, ...fields }, now()))));
  return {
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: (fields) => createLog(now, write, { ...bound, ...fields }),
  };
}

function lineOf(level: Level, msg: string, { err, ...fields }: LogFields, now: number): object {
  return {
    ...{ time: new Date(now).toISOString(), level, role: 'edge', msg },
    ...fields,
    ...(err === undefined ? {} : { err: describeError(err) }),
  };
}

/** As Workers Logs and Logpush take it: a line of JSON is indexed by its fields, whichever of console's words wrote it. */
function toConsole(_level: Level, line: string): void {
  console.log(line);
}

/** Waits for work whose failure must not stop what comes after it; the failure is logged. True when there was none. */
export async function attempted(ctx: { log: Log }, what: string, work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    ctx.log.warn(`could not ${what}`, { err: error });
    return false;
  }
}
