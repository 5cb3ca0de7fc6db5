import { createConnectTransport } from '@connectrpc/connect-node';
import { Registry } from 'prom-client';
import { onTestFinished } from 'vitest';
import { createSystemClock } from '../clock/system-clock.ts';
import { createEdgeHealth } from '../grpc/edge-health.ts';
import { createGrpcDoor } from '../grpc/grpc-door.ts';
import { createGrpcMetrics } from '../grpc/grpc-metrics.ts';
import { createGrpcServer } from '../grpc/grpc-server.ts';
import { createGrpcClient, type GrpcClient } from './grpc-client.ts';

export interface StartedGrpcDoor {
  client: GrpcClient;
  address: string;
  registry: Registry;
  /** As after SIGTERM; resolves when nothing is open any more. */
  stop(): Promise<void>;
}

/** The gRPC door in this process, in front of an edge; gone when the test is finished. */
export async function startGrpcDoor(
  edgeUrl: string,
  tls: { cert: Buffer; key: Buffer } | null = null,
): Promise<StartedGrpcDoor> {
  const clock = createSystemClock();
  const registry = new Registry();
  const stopping = new AbortController();
  const edgeHealth = createEdgeHealth(clock, async (signal) => {
    const { ok } = await fetch(`${edgeUrl}/health`, { signal });
    if (!ok) throw new Error('not healthy');
  });
  const handler = createGrpcDoor({
    clock,
    edge: createConnectTransport({ baseUrl: edgeUrl, httpVersion: '1.1' }),
    edgeHealth,
    metrics: createGrpcMetrics(registry),
    stopping: stopping.signal,
  });
  const server = createGrpcServer({ clock, handler, tls });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  const watching = edgeHealth.run(stopping.signal);
  const client = createGrpcClient(`127.0.0.1:${port}`);
  const stop = async () => {
    stopping.abort();
    await Promise.all([watching, server.close(5_000)]);
  };
  onTestFinished(async () => {
    client.close();
    await stop();
  });
  return { client, address: `127.0.0.1:${port}`, registry, stop };
}
