import type { Logger } from 'pino';
import { z } from 'zod';

const jsonLine = z.looseObject({
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
  msg: z.string(),
});

/** Hands on what a child process prints: its JSON lines as they are, with what they lack; anything else as a message. */
export function relayLine(log: Logger, line: string): void {
  const told = parsed(line);
  if (told === undefined) {
    if (line.trim() !== '') log.warn(line);
    return;
  }
  const { level, msg, time: _time, role: _role, ...fields } = told;
  log[level](fields, msg);
}

function parsed(line: string): z.infer<typeof jsonLine> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return jsonLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
