import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import { bundleWorker } from '../bundle-worker.ts';

/** Makes `file`, the one module that workerd loads. */
export async function buildQueueBundle(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await bundleWorker(path.join(repositoryRoot, 'deploy/local/queue/wrangler.toml'), file);
}
