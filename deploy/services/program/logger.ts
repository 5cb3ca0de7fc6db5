import { type Logger, pino } from 'pino';

/** Lines of JSON on stdout, each written before the next statement runs. The same fields as the fleet's. */
export function createLogger(role: string, level: string): Logger {
  return pino(
    {
      level,
      base: { role },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: 1, sync: true }),
  );
}
