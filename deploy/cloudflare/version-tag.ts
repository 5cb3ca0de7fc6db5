import { createHash } from 'node:crypto';
import type { WorkerConfig } from './worker-config.ts';

/**
 * Names a version by all that it is made of: the bundle, the assets, the configuration. Where the checkout lies makes
 * no difference.
 */
export function versionTag(config: WorkerConfig, codeDigest: string): string {
  const { main: _main, assets: _assets, build: _build, ...rest } = config;
  const text = JSON.stringify(sorted(rest));
  return createHash('sha256').update(codeDigest).update(text).digest('hex').slice(0, 20);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
