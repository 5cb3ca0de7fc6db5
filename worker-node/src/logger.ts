import { type Logger, pino, stdSerializers } from 'pino';

/** JSON lines on stdout, written before the next statement runs, so that the last words of a process are not lost. */
export function createLogger(role: string, level: string): Logger {
  return pino(
    {
      level,
      base: { role },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: withoutUrls },
    },
    pino.destination({ fd: 1, sync: true }),
  );
}

/** Presigned URLs are secrets while they last, and errors like to quote them. */
function withoutUrls(error: Error): unknown {
  const text = JSON.stringify(stdSerializers.err(error));
  return JSON.parse(text.replace(/(https?:\/\/[^\s"'\\?]+)\?[^\s"'\\]*/g, '$1?…'));
}
