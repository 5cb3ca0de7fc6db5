import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Child, startChild } from './child-process.ts';
import { ACCOUNT_ID, DEAD_LETTER_QUEUE_ID, QUEUE_ID } from './queue/queues.ts';
import { stateDirAt } from './stack/state-dir.ts';
import { wranglerEnvironment, wranglerProgram } from './stack/wrangler.ts';

export interface Queue extends Child {
  /** See `queueUrl`. */
  url: string;
  accountId: string;
  queueId: string;
  deadLetterQueueId: string;
}

/** What stands in for `https://api.cloudflare.com/client/v4` on this machine. */
export function queueUrl(port: number): string {
  return `http://127.0.0.1:${port}/client/v4`;
}

/** As queue/wrangler.toml has it. */
const WORKER_NAME = 'millrace-local-queue';

/**
 * The queue `millrace-nudges` with Cloudflare's pull API, under a `wrangler dev` of its own. Start it before the
 * Worker that produces, with the same registry: the local runtime drops what is sent while nobody consumes.
 */
export async function startQueue(options: {
  port: number;
  /** What is in the queue. A later start finds it again. */
  stateDir: string;
  /** Where the Workers of one stack find each other. */
  registryDir: string;
  /** What pulls must bear. */
  token: string;
  /** In `stateDir` when left out. */
  logFile?: string;
}): Promise<Queue> {
  const { port, stateDir, registryDir, token, logFile = path.join(stateDir, 'queue.log') } = options;
  const url = queueUrl(port);
  await mkdir(stateDir, { recursive: true });
  await mkdir(registryDir, { recursive: true });
  // Left over when an earlier run was killed. The entry that comes is ours, and producers can find us.
  const registered = path.join(registryDir, WORKER_NAME);
  await rm(registered, { force: true });
  const child = await startChild({
    name: 'queue',
    command: process.execPath,
    args: [
      ...wranglerProgram,
      'dev',
      ...['--config', path.join(import.meta.dirname, 'queue/wrangler.toml')],
      ...['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0'],
      ...['--persist-to', path.join(stateDir, 'objects')],
      ...['--var', `API_TOKEN:${token}`],
      ...['--log-level', 'warn'],
      '--show-interactive-dev-session=false',
    ],
    env: wranglerEnvironment({ ...stateDirAt(stateDir), registry: registryDir }),
    logFile,
    isReady: async () => existsSync(registered) && (await answersMetrics(url, token)),
    readyTimeoutMs: 60_000,
  });
  return { ...child, url, accountId: ACCOUNT_ID, queueId: QUEUE_ID, deadLetterQueueId: DEAD_LETTER_QUEUE_ID };
}

async function answersMetrics(url: string, token: string): Promise<boolean> {
  const response = await fetch(`${url}/accounts/${ACCOUNT_ID}/queues/${QUEUE_ID}/metrics`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(5_000),
  });
  await response.body?.cancel();
  return response.ok;
}
