import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import { wranglerProgram } from '@millrace/local/stack/wrangler.ts';
import type { Secrets } from './secrets.ts';
import type { WorkerConfig } from './worker-config.ts';

/** What wrangler does for us: bundling and deploying. */
export interface Wrangler {
  /** Names the code that would be deployed: the same sources give the same. */
  digest(config: WorkerConfig): Promise<string>;
  /** Uploads a version with these secrets, lets it answer everything, and sets crons and the workers.dev address. */
  deploy(config: WorkerConfig, release: { tag: string; message: string; secrets: Secrets }): Promise<void>;
}

export interface WranglerOptions {
  accountId: string;
  token: string;
  apiBaseUrl: string;
  /** Takes the configuration that wrangler is given. */
  folder: string;
}

const WITHIN_MS = 10 * 60_000;
const LAST_CHARACTERS = 4_000;

export function wranglerRunner(options: WranglerOptions): Wrangler {
  return {
    async digest(config) {
      const out = await mkdtemp(path.join(tmpdir(), 'millrace-bundle-'));
      try {
        await run(options, [
          '--config',
          await writeConfig(options.folder, config),
          '--dry-run',
          '--outdir',
          out,
        ]);
        const hash = createHash('sha256');
        await addFolder(hash, out, (name) => /\.(js|wasm)$/.test(name));
        await addFolder(hash, config.assets.directory, () => true);
        return hash.digest('hex');
      } finally {
        await rm(out, { recursive: true, force: true });
      }
    },

    async deploy(config, { tag, message, secrets }) {
      const args = [
        '--config',
        await writeConfig(options.folder, config),
        '--tag',
        tag,
        '--message',
        message,
      ];
      if (secrets.size === 0) return run(options, args);
      const private_ = await mkdtemp(path.join(tmpdir(), 'millrace-secrets-'));
      try {
        const file = path.join(private_, 'secrets.json');
        await writeFile(file, JSON.stringify(Object.fromEntries(secrets)), { mode: 0o600 });
        await run(options, [...args, '--secrets-file', file]);
      } finally {
        await rm(private_, { recursive: true, force: true });
      }
    },
  };
}

async function writeConfig(folder: string, config: WorkerConfig): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'wrangler.json');
  await writeFile(file, JSON.stringify(config, null, 2));
  return file;
}

function run({ accountId, token, apiBaseUrl, folder }: WranglerOptions, args: string[]): Promise<void> {
  const child = spawn(process.execPath, [...wranglerProgram, 'deploy', ...args], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: WITHIN_MS,
    env: {
      ...process.env,
      CLOUDFLARE_ACCOUNT_ID: accountId,
      CLOUDFLARE_API_TOKEN: token,
      CLOUDFLARE_API_BASE_URL: apiBaseUrl,
      // A file of secrets beside the checkout is nothing wrangler should look for by itself.
      CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: 'false',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_SEND_ERROR_REPORTS: 'false',
      WRANGLER_WRITE_LOGS: 'false',
      WRANGLER_LOG_PATH: path.join(folder, 'logs'),
      XDG_CONFIG_HOME: folder,
      CI: '1',
      NO_COLOR: '1',
    },
  });
  const said: Buffer[] = [];
  child.stdout.on('data', (data: Buffer) => said.push(data));
  child.stderr.on('data', (data: Buffer) => said.push(data));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve();
      const end = Buffer.concat(said).toString('utf8').slice(-LAST_CHARACTERS);
      reject(new Error(`wrangler deploy failed (${signal ?? `exit code ${code}`}):\n${end}`));
    });
  });
}

async function addFolder(
  hash: ReturnType<typeof createHash>,
  folder: string,
  takes: (name: string) => boolean,
): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && takes(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
  for (const name of names) {
    const content = await readFile(path.join(folder, name));
    hash.update(`${name}\0`).update(name.endsWith('.js') ? withoutPlaces(content.toString('utf8')) : content);
  }
}

/** Bundlers note where each module lay, which differs from machine to machine. */
function withoutPlaces(bundle: string): string {
  return bundle
    .replace(/^\s*\/\/ .*$/gm, '')
    .replace(/"(?:\.\.\/)+[^"\n]*?node_modules\//g, '"node_modules/');
}
