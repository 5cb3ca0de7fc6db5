import Fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

export interface ServerOptions {
  registry: Registry;
  /** Null when ready, otherwise what is missing. */
  notReadyBecause: () => string | null;
}

/** What every role answers: is it alive, is it ready, what did it count. */
export function createServer({ registry, notReadyBecause }: ServerOptions): FastifyInstance {
  const server = Fastify({ logger: false, forceCloseConnections: 'idle' });
  server.get('/healthz', async () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const reason = notReadyBecause();
    if (reason === null) return { status: 'ready' };
    return reply.code(503).send({ status: 'not_ready', reason });
  });
  server.get('/metrics', async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
  return server;
}
