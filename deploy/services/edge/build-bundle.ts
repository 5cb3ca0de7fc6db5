import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import { collectAssets } from '../../../edge/collect-assets.mjs';
import { bundleWorker } from '../bundle-worker.ts';
import { bundleFiles, WORKER_MODULES } from './bundle-files.ts';

/** Makes in `folder` all that workerd loads: once for an image, not at every start. */
export async function buildEdgeBundle(folder: string): Promise<void> {
  const files = bundleFiles(folder);
  await mkdir(folder, { recursive: true });
  await collectAssets();
  await bundleWorker(path.join(repositoryRoot, 'wrangler.toml'), files.worker);
  await cp(path.join(repositoryRoot, 'edge/assets'), files.assets, { recursive: true });
  for (const name of WORKER_MODULES) {
    const source = await readFile(path.join(import.meta.dirname, `workers/${name}.ts`), 'utf8');
    await writeFile(files.module(name), stripTypeScriptTypes(source));
  }
}
