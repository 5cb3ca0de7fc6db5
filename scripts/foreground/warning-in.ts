import { z } from 'zod';

const mostCharacters = 160;

const logRecord = z.object({
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
  msg: z.string().optional(),
  err: z.object({ message: z.string() }).optional(),
});

/**
 * What a line of a service's log warns of, shortened; `null` when it does not. Our own programs write JSON,
 * wrangler marks its errors.
 */
export function warningIn(line: string): string | null {
  const warning = line.startsWith('{') ? warningInRecord(line) : warningInText(line);
  if (!warning) return null;
  const flat = warning.replace(/\s+/g, ' ').trim();
  return flat.length > mostCharacters ? `${flat.slice(0, mostCharacters - 1)}…` : flat;
}

function warningInRecord(line: string): string | null {
  const record = logRecord.safeParse(parsed(line));
  if (!record.success || !['warn', 'error', 'fatal'].includes(record.data.level)) return null;
  const { level, msg, err } = record.data;
  return `${level}: ${[msg, err?.message].filter(Boolean).join(': ')}`;
}

function warningInText(line: string): string | null {
  return /^\s*✘|\[ERROR\]|\[wrangler:error\]/.test(line) ? line : null;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
