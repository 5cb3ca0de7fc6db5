import path from 'node:path';
import { ACCOUNT_ID, QUEUE_ID } from '../queue/queues.ts';
import { startFleetProcess } from './fleet-process.ts';
import type { Service } from './service.ts';
import type { Site } from './site.ts';

export function bridgeUp(site: Site, where: { apiUrl: string; queueUrl: string }): Promise<Service> {
  const { secrets, bridgePort: port, options } = site;
  const environment = {
    EDGE_URL: where.apiUrl,
    FLEET_TOKEN: secrets.fleetToken,
    QUEUE_API_URL: where.queueUrl,
    CLOUDFLARE_ACCOUNT_ID: ACCOUNT_ID,
    QUEUE_ID,
    QUEUE_API_TOKEN: secrets.queueToken,
    // An empty pull costs nothing here.
    QUEUE_IDLE_PULL_MS: '50',
    ...options.variables?.bridge,
  };
  return site.launch('bridge', {
    name: 'bridge',
    metricsPath: '/metrics',
    whenItEnds: options.whenFleetEnds,
    start: (logFile) => startFleetProcess({ role: 'bridge', name: 'bridge', port, environment, logFile }),
  });
}

export async function workerUp(site: Site, number: number): Promise<Service> {
  const { dir, secrets, bridgePort, options } = site;
  const name = `worker-${number}`;
  const port = await site.ports.take(name);
  const environment = {
    BRIDGE_URL: `http://127.0.0.1:${bridgePort}`,
    FLEET_TOKEN: secrets.fleetToken,
    SLOTS: '1',
    SCRATCH_DIR: path.join(dir.scratch, name),
    // Each stands for a machine of its own.
    MACHINE_ID: name,
    FETCH_LOOPBACK: 'true',
    ...options.variables?.worker,
  };
  return site.launch('workers', {
    name,
    metricsPath: '/metrics',
    whenItEnds: options.whenFleetEnds,
    start: (logFile) => startFleetProcess({ role: 'worker', name, port, environment, logFile }),
  });
}
