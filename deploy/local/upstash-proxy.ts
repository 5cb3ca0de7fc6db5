import { ErrorReply } from 'redis';
import { type LocalResponse, startHttpServer } from './http-server.ts';
import { type RedisConnection, type RedisConnections, redisConnections } from './redis-connections.ts';
import { subscribe } from './redis-subscription.ts';
import { upstashReply } from './upstash-reply.ts';
import { parseUpstashRequest, type UpstashRequest } from './upstash-request.ts';

export interface UpstashProxy {
  /** For `UPSTASH_REDIS_REST_URL`. */
  url: string;
  stop(): Promise<void>;
}

/** Redis answers in microseconds, or is away. */
const TIMEOUT_MS = 2_000;

/**
 * Upstash's REST interface in front of any Redis: one command on `/`, several on `/pipeline`, a transaction on
 * `/multi-exec`, a channel as server-sent events on `/subscribe/{channel}`. A command that Redis refuses is HTTP 400 with `error` (inside a pipeline: an entry with
 * `error`); a Redis that is away is HTTP 503. `/health` needs no token: it says
 * whether Redis answers.
 */
export async function startUpstashProxy(options: {
  port: number;
  host?: string;
  redisUrl: string;
  token: string;
}): Promise<UpstashProxy> {
  const redis = redisConnections(options.redisUrl, TIMEOUT_MS);
  const server = await startHttpServer({
    port: options.port,
    host: options.host ?? '127.0.0.1',
    handle: async (request) => {
      if (request.path === '/health') return answerHealth(redis);
      const asked = parseUpstashRequest(request, options.token);
      const base64 = request.headers['upstash-encoding'] === 'base64';
      if (asked.kind === 'refused') return { status: asked.status, body: { error: asked.error } };
      try {
        if (asked.kind === 'subscribe') {
          const events = await subscribe(options.redisUrl, asked.channel, request.signal);
          return { status: 200, body: null, events };
        }
        return await redis.use((connection) => run(connection, asked, base64));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return { status: 503, body: { error: `ERR redis is not available: ${why}` } };
      }
    },
  });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      redis.close();
    },
  };
}

async function answerHealth(redis: RedisConnections): Promise<LocalResponse> {
  try {
    await redis.use((connection) => connection.sendCommand(['PING']));
    return { status: 200, body: { status: 'ok' } };
  } catch {
    return { status: 503, body: { status: 'redis is not available' } };
  }
}

type Runnable = Exclude<UpstashRequest, { kind: 'refused' | 'subscribe' }>;

async function run(connection: RedisConnection, asked: Runnable, base64: boolean): Promise<LocalResponse> {
  switch (asked.kind) {
    case 'command':
      return alone(await send(connection, asked.command), base64);
    case 'pipeline': {
      const replies = await Promise.all(asked.commands.map((command) => send(connection, command)));
      return { status: 200, body: replies.map((reply) => upstashReply(reply, base64)) };
    }
    case 'multi-exec': {
      const commands = [['MULTI'], ...asked.commands, ['EXEC']];
      const replies = await Promise.all(commands.map((command) => send(connection, command)));
      const results = replies.at(-1);
      if (!Array.isArray(results)) return alone(results, base64);
      return { status: 200, body: results.map((reply) => upstashReply(reply, base64)) };
    }
    default:
      return asked satisfies never;
  }
}

/** A command that Redis refuses is a reply like any other; what throws is a Redis that is away. */
async function send(connection: RedisConnection, command: string[]): Promise<unknown> {
  try {
    return await connection.sendCommand(command);
  } catch (error) {
    if (error instanceof ErrorReply) return error;
    throw error;
  }
}

function alone(reply: unknown, base64: boolean): LocalResponse {
  const body = upstashReply(reply, base64);
  return { status: 'error' in body ? 400 : 200, body };
}
