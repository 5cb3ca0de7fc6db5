import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createClient } from 'redis';
import { type Child, startChild } from './child-process.ts';

export interface Redis extends Child {
  url: string;
}

/**
 * A real redis-server on 127.0.0.1. It keeps nothing: what is in it is a cache, and a start with an empty one
 * must be as good as any.
 */
export async function startRedis(options: {
  dataDir: string;
  port: number;
  /** In `dataDir` when left out. */
  logFile?: string;
}): Promise<Redis> {
  const { dataDir, port, logFile = path.join(dataDir, 'redis.log') } = options;
  const url = `redis://127.0.0.1:${port}`;
  await mkdir(dataDir, { recursive: true });
  const server = await startChild({
    name: 'redis-server',
    command: 'redis-server',
    args: [
      '--bind',
      '127.0.0.1',
      '--port',
      String(port),
      '--dir',
      dataDir,
      '--save',
      '',
      '--appendonly',
      'no',
    ],
    logFile,
    isReady: (pid) => serves(url, pid),
  });
  return { ...server, url };
}

// Asks for the process, because somebody else's Redis may be the one that answers on this port.
async function serves(url: string, pid: number): Promise<boolean> {
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: 1_000 } });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.info('server')).includes(`process_id:${pid}\r\n`);
  } finally {
    client.destroy();
  }
}
