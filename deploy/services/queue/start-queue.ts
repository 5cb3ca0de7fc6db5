import { mkdir } from 'node:fs/promises';
import type { Logger } from 'pino';
import { hostAndPort, ownUrl } from '../program/address.ts';
import { checkAnswer } from '../program/check-answer.ts';
import { relayLine } from '../program/relay-line.ts';
import type { Service } from '../program/run-service.ts';
import { runWorkerd } from '../workerd/run-workerd.ts';
import type { QueueConfig } from './config.ts';
import { queueWorkerdConfig } from './queue-workerd-config.ts';

/** Cloudflare's queues with their pull API, for installations that have none. */
export async function startQueue(config: QueueConfig, log: Logger): Promise<Service> {
  await mkdir(config.DATA_DIR, { recursive: true });
  const workerd = await runWorkerd({
    config: () =>
      queueWorkerdConfig({
        bundle: config.QUEUE_BUNDLE,
        address: hostAndPort(config.HOST, config.PORT),
        dataDir: config.DATA_DIR,
      }),
    env: { API_TOKEN: config.QUEUE_API_TOKEN },
    onLine: (line) => relayLine(log, line),
    isReady: () => checkAnswer(`${ownUrl(config.HOST, config.PORT)}/health`),
  });
  return {
    ended: workerd.exited.then(({ code, signal }) => `workerd ended: ${signal ?? `exit code ${code}`}`),
    stop: workerd.stop,
  };
}
