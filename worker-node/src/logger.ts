import { type Logger, pino } from 'pino';
import { errorForLog } from './error-for-log.ts';

/** JSON lines on stdout, written before the next statement runs, so that the last words of a process are not lost. */
export function createLogger(role: string, level: string): Logger {
  return pino(
    {
      level,
      base: { role },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => errorForLog(error) },
    },
    pino.destination({ fd: 1, sync: true }),
  );
}
