import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 500;
const PATIENCE_MS = 60_000;

/**
 * Waits until the installation knows that it rests. The two minutes that it takes every change for a sign of more to come
 * are cut short: nobody else is there.
 */
export async function comeToRest(redisUrl: string): Promise<void> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  while ((await askRedis(redisUrl, 'EXISTS system:quiet')) !== ':1') {
    if (patience.aborted) throw new Error('The installation does not come to rest.');
    await askRedis(redisUrl, 'DEL system:stirred');
    await sleep(EVERY_MS);
  }
  await askRedis(redisUrl, 'DEL system:stirred');
}

/** One command, and the first line of the reply. */
async function askRedis(redisUrl: string, command: string): Promise<string> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect(Number(port), hostname);
  try {
    socket.write(`${command}\r\n`);
    const [reply] = await once(socket, 'data', { signal: AbortSignal.timeout(5_000) });
    return String(reply).split('\r\n')[0] ?? '';
  } finally {
    socket.destroy();
  }
}
