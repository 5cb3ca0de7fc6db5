import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Child, startChild } from '../child-process.ts';
import { freePort } from '../free-port.ts';
import { answers } from '../stack/answers.ts';
import { localS3Endpoint } from '../stack/edge.ts';

export interface Storage extends Child {
  s3Endpoint: string;
}

/** The bucket of the local stack, in a process of its own. Its log goes to `folder`; what it keeps goes with it. */
export async function startStorage(folder: string): Promise<Storage> {
  const port = await freePort();
  await mkdir(folder, { recursive: true });
  const child = await startChild({
    name: 'storage',
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'main.ts')],
    env: { PORT: String(port), TMPDIR: folder },
    logFile: path.join(folder, 'storage.log'),
    isReady: () => answers(`http://127.0.0.1:${port}/`),
    readyTimeoutMs: 60_000,
  });
  return { ...child, s3Endpoint: localS3Endpoint(port) };
}
