import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { collectAssets } from '../../../edge/collect-assets.mjs';
import { startChild } from '../child-process.ts';
import { answers } from './answers.ts';
import { repositoryRoot } from './repository-root.ts';
import type { RunningChild } from './service.ts';
import type { StateDir } from './state-dir.ts';
import { wranglerEnvironment, wranglerProgram } from './wrangler.ts';

/** The keys that wrangler.toml gives the local bucket. They open it on this machine and nothing anywhere else. */
export const localBucketKeys = { accessKeyId: 'millrace-local', secretAccessKey: 'millrace-local-only' };

/** Where `wrangler dev` serves its local buckets over S3. */
export function localS3Endpoint(apiPort: number): string {
  return `http://127.0.0.1:${apiPort}/cdn-cgi/local/r2/s3`;
}

export interface EdgeOptions {
  dir: StateDir;
  port: number;
  /** The variables that wrangler.toml leaves open, and those to be different. */
  variables: Readonly<Record<string, string>>;
  logFile: string;
}

/** The control plane under `wrangler dev`, from the checkout's wrangler.toml. Ready when `/health` answers. */
export async function startEdge({ dir, port, variables, logFile }: EdgeOptions): Promise<RunningChild> {
  await collectAssets();
  await mkdir(dir.root, { recursive: true });
  await writeFile(dir.edgeVariables, dotenv(variables), { mode: 0o600 });
  const url = `http://127.0.0.1:${port}`;
  const child = await startChild({
    name: 'edge',
    command: process.execPath,
    args: [...wranglerProgram, 'dev', ...flags(dir, port)],
    cwd: repositoryRoot,
    env: wranglerEnvironment(dir),
    logFile,
    isReady: () => answers(`${url}/health`),
    readyTimeoutMs: 60_000,
  });
  return { ...child, url };
}

function flags(dir: StateDir, port: number): string[] {
  return [
    ...['--config', path.join(repositoryRoot, 'wrangler.toml')],
    ...['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0'],
    ...['--env-file', dir.edgeVariables],
    ...['--persist-to', dir.edge],
    '--show-interactive-dev-session=false',
  ];
}

function dotenv(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
}
