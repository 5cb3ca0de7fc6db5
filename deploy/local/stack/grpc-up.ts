import { startFleetProcess } from './fleet-process.ts';
import type { Service } from './service.ts';
import type { Site } from './site.ts';

/** Native gRPC on its own port, before the API. Ready when the API answers it. */
export async function grpcUp(site: Site, { apiUrl }: { apiUrl: string }): Promise<Service> {
  const { grpcPort, options } = site;
  const port = await site.ports.take('grpc-http');
  const environment = { EDGE_URL: apiUrl, GRPC_PORT: String(grpcPort) };
  return site.launch('gateways', {
    name: 'grpc',
    metricsPath: '/metrics',
    whenItEnds: options.whenFleetEnds,
    start: (logFile) => startFleetProcess({ role: 'grpc', name: 'grpc', port, environment, logFile }),
  });
}
