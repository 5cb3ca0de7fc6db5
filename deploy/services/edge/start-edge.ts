import path from 'node:path';
import { startGraphqlGateway } from '@millrace/local/graphql/gateway.ts';
import type { Logger } from 'pino';
import { hostAndPort, ownUrl } from '../program/address.ts';
import { checkAnswer } from '../program/check-answer.ts';
import { relayLine } from '../program/relay-line.ts';
import type { Service } from '../program/run-service.ts';
import { runWorkerd } from '../workerd/run-workerd.ts';
import type { EdgeConfig } from './config.ts';
import { keepTime } from './cron.ts';
import { edgeWorkerdConfig } from './edge-workerd-config.ts';

/** The edge without Cloudflare: its Worker on workerd, the minute's cron, and GraphQL at an address of its own. */
export async function startEdge(config: EdgeConfig, log: Logger): Promise<Service> {
  const apiUrl = ownUrl(config.HOST, config.PORT);
  let controlSocket = '';
  const workerd = await runWorkerd({
    config: (folder) => {
      controlSocket = path.join(folder, 'control.sock');
      return edgeWorkerdConfig({
        bundleDir: config.EDGE_BUNDLE_DIR,
        apiAddress: hostAndPort(config.HOST, config.PORT),
        controlSocket,
        variables: Object.keys(config.variables),
        queueUrl: `${config.QUEUE_API_URL}/accounts/${config.CLOUDFLARE_ACCOUNT_ID}/queues/${config.QUEUE_ID}`,
        clientAddressHeader: config.CLIENT_ADDRESS_HEADER ?? '',
        reachable: config.reachesEverything ? 'everything' : config.namedHosts,
      });
    },
    env: { ...config.variables, QUEUE_API_TOKEN: config.QUEUE_API_TOKEN },
    onLine: (line) => relayLine(log, line),
    isReady: () => checkAnswer(`${apiUrl}/health`),
  });
  const life = new AbortController();
  try {
    const gateway = await startGraphqlGateway({
      host: config.HOST,
      port: config.GRAPHQL_PORT,
      apiUrl,
    });
    const cron = keepTime(controlSocket, life.signal, log);
    return {
      ended: workerd.exited.then(({ code, signal }) => `workerd ended: ${signal ?? `exit code ${code}`}`),
      stop: async () => {
        life.abort();
        await gateway.stop();
        await workerd.stop();
        await cron;
      },
    };
  } catch (error) {
    await workerd.stop();
    throw error;
  }
}
