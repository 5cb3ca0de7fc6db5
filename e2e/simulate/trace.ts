import { type Logger, pino } from 'pino';

/** What happened in a run, line by line, each with its virtual time. The same seed writes the same lines. */
export interface Trace {
  line(text: string): void;
  lines(): readonly string[];
  /** What a process under test logs goes here too, when the trace is verbose. */
  logger(processName: string): Logger;
}

export function createTrace(nowMs: () => number, verbose: boolean): Trace {
  const lines: string[] = [];
  const line = (text: string) => void lines.push(`${stamp(nowMs())} ${text}`);
  return {
    line,
    lines: () => lines,
    logger: (processName) =>
      verbose ? verboseLogger((text) => line(`${processName} logs ${text}`)) : pino({ level: 'silent' }),
  };
}

function verboseLogger(write: (text: string) => void): Logger {
  return pino(
    {
      level: 'debug',
      base: null,
      timestamp: false,
      formatters: { level: () => ({}) },
      // A stack names files of the machine it was made on.
      serializers: { err: (error: Error) => `${error.name}: ${error.message}` },
    },
    { write: (text) => write(text.trimEnd()) },
  );
}

function stamp(ms: number): string {
  return `${(ms / 1000).toFixed(3).padStart(9)}s`;
}
