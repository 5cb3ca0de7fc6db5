import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createConnectTransport } from '@connectrpc/connect-node';
import { request } from 'undici';
import { createSystemClock } from '../clock/system-clock.ts';
import type { GrpcConfig } from '../config.ts';
import { createLogger } from '../logger.ts';
import { createRegistry } from '../metrics.ts';
import { closeServer } from '../server/close-server.ts';
import { createServer } from '../server/server.ts';
import { stopSignal } from '../stop-signal.ts';
import { createEdgeHealth } from './edge-health.ts';
import { createGrpcDoor } from './grpc-door.ts';
import { createGrpcMetrics } from './grpc-metrics.ts';
import { createGrpcServer } from './grpc-server.ts';

/** Of one message from the control plane. */
const MAX_ANSWER_BYTES = 16 * 1024 ** 2;
/** Calls under way may take this long after SIGTERM. */
export const GRPC_DRAIN_LIMIT_MS = 20_000;

/** The gRPC door as a process. Ends after SIGTERM, when the calls under way are answered. */
export async function startGrpc(config: GrpcConfig): Promise<void> {
  const log = createLogger('grpc', config.LOG_LEVEL);
  const signal = stopSignal(log);
  const clock = createSystemClock();
  const registry = createRegistry('grpc');
  const edgeHealth = createEdgeHealth(
    clock,
    (asked) => askHealth(config.EDGE_URL, asked),
    (answers) => {
      if (answers) log.info('the edge answers');
      else if (!signal.aborted) log.warn('the edge does not answer');
    },
  );
  const agent = new (config.EDGE_URL.startsWith('https:') ? HttpsAgent : HttpAgent)({ keepAlive: true });
  const handler = createGrpcDoor({
    clock,
    edge: createConnectTransport({
      baseUrl: config.EDGE_URL,
      httpVersion: '1.1',
      nodeOptions: { agent },
      readMaxBytes: MAX_ANSWER_BYTES,
    }),
    edgeHealth,
    metrics: createGrpcMetrics(registry),
    stopping: signal,
  });
  const grpc = createGrpcServer({ clock, handler, tls: await readTls(config) });
  const http = createServer({
    registry,
    notReadyBecause: () =>
      signal.aborted ? 'stopping' : edgeHealth.answers() ? null : 'the edge does not answer',
  });
  const address = await http.listen({ host: config.HOST, port: config.PORT });
  const port = await grpc.listen({ host: config.HOST, port: config.GRPC_PORT });
  log.info({ address, grpc_address: `${config.HOST}:${port}`, edge_url: config.EDGE_URL }, 'gRPC is up');

  await edgeHealth.run(signal);
  await grpc.close(GRPC_DRAIN_LIMIT_MS);
  await closeServer(clock, http);
  agent.destroy();
  log.info('gRPC has ended');
}

async function askHealth(edgeUrl: string, signal: AbortSignal): Promise<void> {
  const { statusCode, body } = await request(`${edgeUrl}/health`, { signal });
  await body.dump();
  if (statusCode !== 200) throw new Error(`the edge answers /health with ${statusCode}`);
}

async function readTls({ GRPC_TLS_CERT_FILE: cert, GRPC_TLS_KEY_FILE: key }: GrpcConfig) {
  if (cert === undefined || key === undefined) return null;
  const [certificate, privateKey] = await Promise.all([readFile(cert), readFile(key)]);
  return { cert: certificate, key: privateKey };
}
