import { readFileSync } from 'node:fs';

/*
 * What HEALTHCHECK runs inside a container of either image: asks process 1 whether it is ready, so that no image needs
 * another HTTP client. Which program that is, its command line tells. Imports nothing: it runs every few seconds.
 */

const READY: Readonly<Record<string, readonly [port: number, path: string]>> = {
  edge: [8080, '/health'],
  queue: [8090, '/health'],
  'neon-proxy': [8091, '/health'],
  'redis-proxy': [8092, '/health'],
  bridge: [9101, '/readyz'],
  worker: [9111, '/readyz'],
  grpc: [9121, '/readyz'],
};

const program = readFileSync('/proc/1/cmdline', 'utf8').split('\0').filter(Boolean).at(-1) ?? '';
const [usualPort, path] = READY[program] ?? [0, ''];
const url = `http://127.0.0.1:${process.env.PORT || usualPort}${path}`;
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(4_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
