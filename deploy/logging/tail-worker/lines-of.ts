import type { TraceItem, TraceLog } from '@cloudflare/workers-types';
import { LOG_FIELDS } from '@millrace/shared/log/log-fields.ts';
import { redact } from '@millrace/shared/log/redact.ts';

/** A line for the index. */
export type Line = Record<string, unknown> & { time: string; level: string; role: string; msg: string };

/** How requests end that need no line of their own. A client that has gone is no news. */
const QUIET_OUTCOMES = new Set(['ok', 'canceled', 'responseStreamDisconnected', 'unknown']);

/**
 * The lines of one call of the edge: those it wrote, and what only the platform knows: exceptions that nobody caught, and
 * limits that ended it.
 */
export function linesOf(item: TraceItem): Line[] {
  const lines = item.logs.flatMap((log) => lineOf(log));
  const thrown = item.exceptions.map(({ timestamp, name, message, stack }) =>
    platformLine(timestamp, 'uncaught exception', {
      err: {
        type: name,
        message: redact(message),
        ...(stack === undefined ? {} : { stack: redact(stack) }),
      },
    }),
  );
  const endedAt = item.eventTimestamp ?? Date.now();
  const wasEnded = !QUIET_OUTCOMES.has(item.outcome) && thrown.length === 0;
  return [
    ...lines,
    ...thrown,
    ...(wasEnded ? [platformLine(endedAt, 'the platform ended a call', { outcome: item.outcome })] : []),
  ];
}

function lineOf({ timestamp, level, message }: TraceLog): Line[] {
  const text = Array.isArray(message) ? message.map(String).join(' ') : String(message);
  if (text.trim() === '') return [];
  const own = parse(text);
  if (!own) return [{ ...platformLine(timestamp, redact(text), {}), level: levelOf(level) }];
  const kept = Object.entries(own).filter(([name]) => Object.hasOwn(LOG_FIELDS, name));
  return [{ ...platformLine(timestamp, '', {}), ...Object.fromEntries(kept) }];
}

function platformLine(at: number, msg: string, fields: Record<string, unknown>): Line {
  return { time: new Date(at).toISOString(), level: 'error', role: 'edge', msg, ...fields };
}

/** Null for what is no line of Millrace's. */
function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isLine = typeof value === 'object' && value !== null && 'msg' in value && 'role' in value;
    return isLine ? { ...value } : null;
  } catch {
    return null;
  }
}

function levelOf(level: string): string {
  return ['debug', 'info', 'warn', 'error'].includes(level) ? level : 'info';
}
