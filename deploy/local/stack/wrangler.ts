import path from 'node:path';
import { repositoryRoot } from './repository-root.ts';
import type { StateDir } from './state-dir.ts';

/** What Node runs for `wrangler`: the program itself, not the wrapper that starts a second Node. */
export const wranglerProgram = [
  '--no-warnings',
  path.join(repositoryRoot, 'node_modules/wrangler/wrangler-dist/cli.js'),
];

/** Keeps wrangler quiet, offline and out of the home folder. */
export function wranglerEnvironment(dir: StateDir): Record<string, string> {
  return {
    WRANGLER_REGISTRY_PATH: dir.registry,
    XDG_CONFIG_HOME: dir.wrangler,
    WRANGLER_LOG_PATH: path.join(dir.wrangler, 'logs'),
    WRANGLER_WRITE_LOGS: 'false',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    NO_COLOR: '1',
  };
}
