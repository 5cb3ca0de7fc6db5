import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Child, startChild } from '../../deploy/local/child-process.ts';
import { freePort } from '../../deploy/local/free-port.ts';
import { answers } from '../../deploy/local/stack/answers.ts';
import { localS3Endpoint } from '../../deploy/local/stack/edge.ts';
import { stateDirAt } from '../../deploy/local/stack/state-dir.ts';
import { wranglerEnvironment, wranglerProgram } from '../../deploy/local/stack/wrangler.ts';

export interface Storage extends Child {
  s3Endpoint: string;
}

/** The bucket of the local stack, in a process of its own. Keeps everything in `folder`. */
export async function startStorage(folder: string): Promise<Storage> {
  const port = await freePort();
  await mkdir(folder, { recursive: true });
  const child = await startChild({
    name: 'storage',
    command: process.execPath,
    args: [
      ...[...wranglerProgram, 'dev', '--config', path.join(import.meta.dirname, 'storage/wrangler.toml')],
      ...['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0'],
      ...['--persist-to', path.join(folder, 'objects'), '--log-level', 'warn'],
      '--show-interactive-dev-session=false',
    ],
    env: wranglerEnvironment(stateDirAt(folder)),
    logFile: path.join(folder, 'storage.log'),
    isReady: () => answers(`http://127.0.0.1:${port}/`),
    readyTimeoutMs: 60_000,
  });
  return { ...child, s3Endpoint: localS3Endpoint(port) };
}
