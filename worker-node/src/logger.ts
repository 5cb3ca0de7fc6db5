import { describeError } from '@millrace/shared/log/describe-error.ts';
import type { LogFields } from '@millrace/shared/log/log-fields.ts';
import { redact } from '@millrace/shared/log/redact.ts';
import { type DestinationStream, pino } from 'pino';

/** Lines of JSON, one an event. The fields are a closed list: see `LOG_FIELDS`. pino's logger is one. */
export interface Logger {
  debug: WriteLine;
  info: WriteLine;
  warn: WriteLine;
  error: WriteLine;
  fatal: WriteLine;
  /** The same log, that says this of every line. */
  child(fields: LogFields): Logger;
}

interface WriteLine {
  (fields: LogFields, msg: string): void;
  (msg: string): void;
}

/** JSON lines on stdout, written before the next statement runs, so that the last words of a process are not lost. */
export function createLogger(
  role: string,
  level: string,
  destination: DestinationStream = pino.destination({ fd: 1, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: { role },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => describeError(error) },
      hooks: { streamWrite: redact },
    },
    destination,
  );
}
