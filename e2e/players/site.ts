import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

const SCRIPTS = {
  '/hls.js': 'hls.js/dist/hls.min.js',
  '/dash.js': 'dashjs',
  '/shaka.js': 'shaka-player/dist/shaka-player.compiled.js',
} as const;

/** A page of another origin than the API's, as a customer's site would be, with a video element and all players. */
export async function servePlayers(): Promise<{ url: string; stop(): void }> {
  const require = createRequire(import.meta.url);
  const scripts = new Map<string, Buffer>();
  for (const [path, file] of Object.entries(SCRIPTS))
    scripts.set(path, await readFile(require.resolve(file)));
  const tags = [...scripts.keys()].map((path) => `<script src="${path}"></script>`).join('');
  const server = createServer((request, response) => {
    const script = scripts.get(request.url ?? '');
    if (script) response.setHeader('content-type', 'text/javascript').end(script);
    else response.setHeader('content-type', 'text/html').end(`<!doctype html>${tags}<video></video>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, stop: () => server.close() };
}
