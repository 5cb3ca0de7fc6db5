import { Agent } from 'undici';
import { createSystemClock } from '../clock/system-clock.ts';
import type { BridgeConfig } from '../config.ts';
import { createConnectFleetClient } from '../fleet/connect-fleet-client.ts';
import { createWatchedClient } from '../fleet/watched-client.ts';
import { createLogger } from '../logger.ts';
import { createRegistry } from '../metrics.ts';
import { closeServer } from '../server/close-server.ts';
import { serveFleet } from '../server/serve-fleet.ts';
import { createServer } from '../server/server.ts';
import { stopSignal } from '../stop-signal.ts';
import { createBridge } from './bridge.ts';
import { createBridgeMetrics } from './bridge-metrics.ts';
import { createCloudflareQueue } from './cloudflare-queue.ts';

/** The bridge as a process. Ends after SIGTERM, when everything gathered has been sent. */
export async function startBridge(config: BridgeConfig): Promise<void> {
  const log = createLogger('bridge', config.LOG_LEVEL);
  const signal = stopSignal(log);
  const clock = createSystemClock();
  const registry = createRegistry();
  const edge = createWatchedClient(createConnectFleetClient(config.EDGE_URL, config.FLEET_TOKEN));
  const dispatcher = new Agent();
  const bridge = createBridge({
    clock,
    random: Math.random,
    edge,
    nudges: createCloudflareQueue({
      apiUrl: config.QUEUE_API_URL,
      accountId: config.CLOUDFLARE_ACCOUNT_ID,
      queueId: config.QUEUE_ID,
      apiToken: config.QUEUE_API_TOKEN,
      dispatcher,
    }),
    log,
    metrics: createBridgeMetrics(registry),
    idlePullMs: config.QUEUE_IDLE_PULL_MS,
  });
  const server = createServer({
    registry,
    notReadyBecause: () =>
      signal.aborted ? 'stopping' : edge.state() === 'answers' ? null : 'the edge does not answer',
  });
  await serveFleet(server, bridge, config.FLEET_TOKEN);
  const address = await server.listen({ host: config.HOST, port: config.PORT });
  log.info({ address, edge: config.EDGE_URL }, 'bridge is up');

  await bridge.run(signal);
  await closeServer(clock, server);
  await dispatcher.destroy();
  log.info('bridge has ended');
}
