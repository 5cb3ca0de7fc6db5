import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServiceImpl } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { JobService } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';

/** A control plane of a few lines: the methods it is given, over Connect, and `/health`. */
export interface FakeJobEdge {
  url: string;
  healthy: boolean;
  close(): Promise<void>;
}

export async function startFakeJobEdge(
  methods: Partial<ServiceImpl<typeof JobService>>,
): Promise<FakeJobEdge> {
  const handler = connectNodeAdapter({
    grpc: false,
    grpcWeb: false,
    routes: (router) => void router.service(JobService, methods),
  });
  const server = createServer((request, response) => {
    if (request.url === '/health') response.writeHead(edge.healthy ? 200 : 500).end();
    else handler(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const edge: FakeJobEdge = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    healthy: true,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return edge;
}
