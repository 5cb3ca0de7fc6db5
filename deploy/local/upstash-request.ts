import { z } from 'zod';
import type { LocalRequest } from './http-server.ts';

const commandSchema = z.array(z.union([z.string(), z.number(), z.boolean()]).transform(String)).min(1);
const commandsSchema = z.array(commandSchema);

/** What a request asks for. */
export type UpstashRequest =
  | { kind: 'command'; command: string[] }
  | { kind: 'pipeline'; commands: string[][] }
  | { kind: 'multi-exec'; commands: string[][] }
  | { kind: 'subscribe'; channel: string }
  | { kind: 'refused'; status: number; error: string };

export function parseUpstashRequest(request: LocalRequest, token: string): UpstashRequest {
  const { method, path, headers, body } = request;
  if (headers.authorization !== `Bearer ${token}`) {
    return { kind: 'refused', status: 401, error: 'WRONGPASS invalid or missing auth token' };
  }
  if (method !== 'POST') return { kind: 'refused', status: 405, error: 'ERR only POST is understood here' };

  const channel = /^\/subscribe\/([^/]+)$/.exec(path)?.[1];
  if (channel !== undefined) return { kind: 'subscribe', channel: decodeURIComponent(channel) };

  const asked = parseBody(path, body);
  if (asked.kind === 'refused' || asked.kind === 'subscribe') return asked;
  const commands = asked.kind === 'command' ? [asked.command] : asked.commands;
  const unavailable = commands.map(([name = '']) => name).find((name) => UNAVAILABLE.has(name.toUpperCase()));
  if (unavailable === undefined) return asked;
  return { kind: 'refused', status: 400, error: `ERR Command is not available: '${unavailable}'` };
}

function parseBody(path: string, body: Buffer): UpstashRequest {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    switch (path) {
      case '/':
        return { kind: 'command', command: commandSchema.parse(json) };
      case '/pipeline':
        return { kind: 'pipeline', commands: commandsSchema.parse(json) };
      case '/multi-exec':
        return { kind: 'multi-exec', commands: commandsSchema.parse(json) };
      default:
        return { kind: 'refused', status: 404, error: `ERR nothing is at ${path} here` };
    }
  } catch {
    return { kind: 'refused', status: 400, error: 'ERR failed to parse the request: not a command in JSON' };
  }
}

// They change or occupy the connection, which over HTTP is nobody's own. Upstash has none of them either.
const UNAVAILABLE = new Set(
  `AUTH BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLIENT DISCARD EXEC HELLO MONITOR MULTI
  PSUBSCRIBE PSYNC QUIT RESET SELECT SHUTDOWN SSUBSCRIBE SUBSCRIBE SYNC UNWATCH WAIT WATCH`.split(/\s+/),
);
