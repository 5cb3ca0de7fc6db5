import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import { stateDirAt } from '@millrace/local/stack/state-dir.ts';
import { wranglerEnvironment, wranglerProgram } from '@millrace/local/stack/wrangler.ts';

const TIMEOUT_MS = 120_000;

/** Bundles a Worker as a deployment to Cloudflare would, and puts the one module that comes of it into `file`. */
export async function bundleWorker(configFile: string, file: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-bundle-'));
  try {
    const out = path.join(folder, 'out');
    await promisify(execFile)(
      process.execPath,
      [...wranglerProgram, 'deploy', '--dry-run', '--config', configFile, '--env=', '--outdir', out],
      {
        cwd: repositoryRoot,
        env: { ...process.env, ...wranglerEnvironment(stateDirAt(folder)) },
        timeout: TIMEOUT_MS,
      },
    );
    const modules = (await readdir(out)).filter((name) => /\.(js|mjs|wasm)$/.test(name));
    const [module] = modules;
    if (module === undefined || modules.length > 1)
      throw new Error(`expected one module, not ${modules.join(', ')}`);
    await copyFile(path.join(out, module), file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
