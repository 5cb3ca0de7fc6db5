import path from 'node:path';

/** Our own modules around the Worker, in TypeScript until the bundle is built. */
export const WORKER_MODULES = [
  'door',
  'shared-rate-limiter',
  'nudges',
  'outbound',
  'control',
  'no-cache',
] as const;

export interface BundleFiles {
  /** What `wrangler` bundles for Cloudflare. */
  worker: string;
  module(name: (typeof WORKER_MODULES)[number]): string;
  /** What browsers load. */
  assets: string;
}

/** Where everything lies in the folder of a bundle. */
export function bundleFiles(folder: string): BundleFiles {
  const at = (name: string) => path.resolve(folder, name);
  return { worker: at('worker.js'), module: (name) => at(`${name}.js`), assets: at('assets') };
}
