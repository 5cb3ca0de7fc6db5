import { Agent } from 'undici';
import { createSystemClock } from '../clock/system-clock.ts';
import type { BridgeConfig } from '../config.ts';
import { createConnectFleetClient } from '../fleet/connect-fleet-client.ts';
import { fleetTokens } from '../fleet/fleet-tokens.ts';
import { createWatchedClient } from '../fleet/watched-client.ts';
import { createLogger } from '../logger.ts';
import { createRegistry } from '../metrics.ts';
import { closeServer } from '../server/close-server.ts';
import { serveFleet } from '../server/serve-fleet.ts';
import { createServer } from '../server/server.ts';
import { stopSignal } from '../stop-signal.ts';
import { openTracing } from '../tracing/open-tracing.ts';
import { createBridge } from './bridge.ts';
import { createBridgeMetrics } from './bridge-metrics.ts';
import { createCloudflareQueue } from './cloudflare-queue.ts';
import { createDeletionCosts } from './deletion-costs.ts';
import { createWorkerPods, type WorkerPodsOptions } from './worker-pods.ts';

/** The bridge as a process. Ends after SIGTERM, when everything gathered has been sent. */
export async function startBridge(config: BridgeConfig): Promise<void> {
  const log = createLogger('bridge', config.LOG_LEVEL);
  const signal = stopSignal(log);
  const tracing = await openTracing(config, 'bridge', log);
  const clock = createSystemClock();
  const registry = createRegistry('bridge');
  const edge = createWatchedClient(
    createConnectFleetClient(config.EDGE_URL, fleetTokens(config.FLEET_TOKEN)[0]),
  );
  const dispatcher = new Agent();
  const pods = config.POD_DELETION_COST ? await createWorkerPods(accountOf(config)) : null;
  const costs = pods && createDeletionCosts({ clock, pods, log });
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
    trace: tracing.trace,
    idlePullMs: config.QUEUE_IDLE_PULL_MS,
    ...(costs && { onWord: costs.heard }),
  });
  const server = createServer({
    registry,
    notReadyBecause: () =>
      signal.aborted ? 'stopping' : edge.state() === 'answers' ? null : 'the edge does not answer',
  });
  await serveFleet(server, bridge, config.FLEET_TOKEN);
  const address = await server.listen({ host: config.HOST, port: config.PORT });
  log.info({ address, edge_url: config.EDGE_URL }, 'bridge is up');

  await Promise.all([bridge.run(signal), costs?.run(signal)]);
  await closeServer(clock, server);
  await pods?.close();
  await dispatcher.destroy();
  await tracing.close();
  log.info('bridge has ended');
}

function accountOf(config: BridgeConfig): WorkerPodsOptions {
  const host = config.KUBERNETES_SERVICE_HOST ?? '';
  const apiUrl = `https://${host.includes(':') ? `[${host}]` : host}:${config.KUBERNETES_SERVICE_PORT}`;
  return { apiUrl, accountDir: config.KUBERNETES_ACCOUNT_DIR };
}
