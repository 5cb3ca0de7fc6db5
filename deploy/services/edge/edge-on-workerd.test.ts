import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Child } from '@millrace/local/child-process.ts';
import { freePort } from '@millrace/local/free-port.ts';
import { ACCOUNT_ID, QUEUE_ID } from '@millrace/local/queue/queues.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildQueueBundle } from '../queue/build-bundle.ts';
import { startQueueOnWorkerd } from '../queue/start-queue-on-workerd.ts';
import { runWorkerd } from '../workerd/run-workerd.ts';
import { textBinding, workerdConfig, workerService } from '../workerd/workerd-config.ts';
import { buildEdgeBundle } from './build-bundle.ts';
import { bundleFiles } from './bundle-files.ts';
import { startEdgeOnWorkerd } from './start-edge-on-workerd.ts';

const token = 'queue-token-of-a-test';

describe('the edge on workerd', () => {
  let folder: string;
  let queue: Child & { url: string };
  let edge: Child & { url: string; graphqlUrl: string };
  let inside: Server;
  let insideUrl: string;
  const logFile = () => path.join(folder, 'edge.log');

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'millrace-edge-test-'));
    const bundle = path.join(folder, 'queue-bundle/worker.js');
    await Promise.all([buildEdgeBundle(path.join(folder, 'edge-bundle')), buildQueueBundle(bundle)]);
    // What it says to everything: nothing that the edge could use.
    inside = createServer((_request, response) => response.end('{}'));
    const insidePort = await freePort();
    await new Promise<void>((resolve) => inside.listen(insidePort, '127.0.0.1', resolve));
    insideUrl = `http://127.0.0.1:${insidePort}`;
    queue = await startQueueOnWorkerd({
      port: await freePort(),
      bundle,
      dataDir: path.join(folder, 'queue'),
      token,
      logFile: path.join(folder, 'queue.log'),
    });
    edge = await startEdgeOnWorkerd({
      port: await freePort(),
      graphqlPort: await freePort(),
      bundleDir: path.join(folder, 'edge-bundle'),
      queue: { url: queue.url, token },
      logFile: logFile(),
      variables: {
        DATABASE_URL: 'postgresql://nobody:secret-of-a-test@127.0.0.1:1/none',
        NEON_FETCH_ENDPOINT: `${insideUrl}/sql`,
        UPSTASH_REDIS_REST_URL: insideUrl,
        UPSTASH_REDIS_REST_TOKEN: 'redis-token-of-a-test',
        S3_ENDPOINT: insideUrl,
        S3_ACCESS_KEY: 'key-of-a-test',
        S3_SECRET_KEY: 'secret-of-a-test',
        FLEET_TOKEN: 'fleet-token-of-a-test',
        PLAYBACK_SECRET: 'playback-secret-of-a-test',
        OPEN_ACCESS: 'true',
      },
    });
  }, 180_000);

  afterAll(async () => {
    await edge?.stop();
    await queue?.stop();
    inside?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('answers, serves what browsers load, and has GraphQL at an address of its own', async () => {
    expect(await (await fetch(`${edge.url}/health`)).json()).toEqual({ status: 'ok' });
    const style = await fetch(`${edge.url}/static/swagger-ui/swagger-ui.css`);
    expect(style.headers.get('content-type')).toContain('text/css');
    expect(await (await fetch(`${edge.url}/docs`)).text()).toContain('swagger');
    expect(await (await fetch(edge.graphqlUrl, { headers: { accept: 'text/html' } })).text()).toContain(
      'graphiql',
    );
  });

  it('lets an open installation answer this machine, and no page of the web', async () => {
    const ask = (headers: Record<string, string>) => fetch(`${edge.url}/jobs?limit=1`, { headers });
    expect((await ask({ origin: 'https://example.com' })).status).toBe(403);
    // The database of this test knows nothing; that it was asked is enough.
    expect((await ask({})).status).toBe(500);
  });

  it('prints lines of JSON that say who speaks', async () => {
    await fetch(`${edge.url}/jobs`);
    await expect.poll(() => readFile(logFile(), 'utf8')).toContain('"msg":"ready"');
    const lines = (await readFile(logFile(), 'utf8')).trim().split('\n');
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        role: 'edge',
        time: expect.stringMatching(/^\d{4}-/),
        level: expect.any(String),
        msg: expect.any(String),
      });
    }
  });

  it('ends well when asked', async () => {
    await edge.stop();
    expect(await edge.exited).toEqual({ code: 0, signal: null });
    expect(await readFile(logFile(), 'utf8')).toContain('"msg":"stopped"');
  });
});

describe('what surrounds the Worker', () => {
  let folder: string;
  let files: ReturnType<typeof bundleFiles>;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'millrace-around-test-'));
    await buildEdgeBundle(folder);
    files = bundleFiles(folder);
  }, 120_000);

  afterAll(async () => {
    for (const stop of stops) await stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** One of the bundle's modules alone, behind a port of its own. */
  async function serve(
    name: Parameters<typeof files.module>[0],
    bindings: Readonly<Record<string, { text: string }>>,
    services: readonly { text: string }[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const running = await runWorkerd({
      config: () =>
        workerdConfig({
          services: [
            workerService('tested', {
              modules: [{ name: `${name}.js`, file: files.module(name) }],
              bindings,
              fields: { globalOutbound: { text: '"anywhere"' } },
            }),
            { text: '(name = "anywhere", network = (allow = ["public", "private"]))' },
            ...services,
          ],
          sockets: [{ name: 'http', address: `127.0.0.1:${port}`, service: 'tested' }],
        }),
      env,
      onLine: () => {},
      isReady: () => fetch(url),
    });
    stops.push(running.stop);
    return url;
  }

  it('hands nudges on to the queue', async () => {
    const asked: { url: string | undefined; authorization: string | undefined; body: unknown }[] = [];
    const api = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
        asked.push({ url: request.url, authorization: request.headers.authorization, body });
        response.writeHead(asked.length > 1 ? 429 : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ success: true, result: { metadata: {} } }));
      });
    });
    const port = await freePort();
    await new Promise<void>((resolve) => api.listen(port, '127.0.0.1', resolve));
    stops.push(async () => void api.close());
    const queueUrl = `http://127.0.0.1:${port}/accounts/${ACCOUNT_ID}/queues/${QUEUE_ID}`;
    const url = await serve('nudges', {
      QUEUE_URL: textBinding(queueUrl),
      QUEUE_API_TOKEN: textBinding('t'),
    });
    const body = Buffer.from(JSON.stringify({ taskId: 'ü' })).toString('base64');
    const batch = JSON.stringify({ messages: [{ body, contentType: 'json', delaySecs: 3 }] });
    const send = () => fetch(`${url}/batch`, { method: 'POST', body: batch });

    expect((await send()).status).toBe(200);
    expect(asked[0]).toEqual({
      url: `/accounts/${ACCOUNT_ID}/queues/${QUEUE_ID}/messages/batch`,
      authorization: 'Bearer t',
      body: { messages: [{ body: { taskId: 'ü' }, content_type: 'json', delay_seconds: 3 }] },
    });
    // A queue that does not take it is told to the outbox, which keeps its rows.
    expect((await send()).status).toBe(502);
  });

  it('lets the Worker reach the inside only where the configuration names it', async () => {
    const inside = createServer((_request, response) => response.end('inside'));
    const port = await freePort();
    await new Promise<void>((resolve) => inside.listen(port, '127.0.0.1', resolve));
    stops.push(async () => void inside.close());
    const asking = (namedHosts: readonly string[]) => askThrough(namedHosts, `http://127.0.0.1:${port}/`);

    expect(await asking([`127.0.0.1:${port}`])).toBe('200 inside');
    expect(await asking([])).toMatch(/^refused/);
    expect(await asking(['127.0.0.1:1'])).toMatch(/^refused/);
    expect(await askThrough([`1:${port}`], `http://127.0.0.1:${port}/`)).toMatch(/^refused/);
  });

  /** What a Worker gets that fetches `target` with `outbound` between itself and the network. */
  async function askThrough(namedHosts: readonly string[], target: string): Promise<string> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const asker = path.join(folder, 'asker.js');
    await writeFile(asker, ASKER);
    const running = await runWorkerd({
      config: () =>
        workerdConfig({
          services: [
            workerService('asker', {
              modules: [{ name: 'asker.js', file: asker }],
              fields: { globalOutbound: { text: '"outbound"' } },
            }),
            workerService('outbound', {
              modules: [{ name: 'outbound.js', file: files.module('outbound') }],
              bindings: {
                NAMED_HOSTS: { text: `json = ${JSON.stringify(JSON.stringify(namedHosts))}` },
                ANYWHERE: { text: 'service = "anywhere"' },
                PUBLIC: { text: 'service = "public"' },
              },
            }),
            { text: '(name = "anywhere", network = (allow = ["public", "private"]))' },
            { text: '(name = "public", network = (allow = ["public"]))' },
          ],
          sockets: [{ name: 'http', address: `127.0.0.1:${port}`, service: 'asker' }],
        }),
      env: {},
      onLine: () => {},
      isReady: () => fetch(url),
    });
    try {
      return await (await fetch(`${url}/?${new URLSearchParams({ target })}`)).text();
    } finally {
      await running.stop();
    }
  }

  /** The door, with a Worker behind it that tells what it sees. */
  async function serveDoor(env: Readonly<Record<string, string>>): Promise<string> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const worker = path.join(folder, 'telling.js');
    await writeFile(worker, TELLING);
    const running = await runWorkerd({
      config: () =>
        workerdConfig({
          services: [
            workerService('door', {
              modules: [
                { name: 'door.js', file: files.module('door') },
                { name: 'shared-rate-limiter.js', file: files.module('shared-rate-limiter') },
                { name: 'worker.js', file: worker },
              ],
              bindings: Object.fromEntries(
                Object.entries(env).map(([name, value]) => [name, textBinding(value)]),
              ),
              fields: { globalOutbound: { text: '"anywhere"' } },
            }),
            { text: '(name = "anywhere", network = (allow = ["public", "private"]))' },
          ],
          sockets: [{ name: 'http', address: `127.0.0.1:${port}`, service: 'door' }],
        }),
      env: {},
      onLine: () => {},
      isReady: () => fetch(url),
    });
    stops.push(running.stop);
    return url;
  }

  it('tells the Worker who calls, and does not take the word of whoever calls', async () => {
    const claims = { 'cf-connecting-ip': '6.6.6.6', 'x-forwarded-for': '6.6.6.6, 10.0.0.9' };
    const told = async (url: string) => (await fetch(url, { headers: claims })).text();
    expect(await told(await serveDoor({ CLIENT_ADDRESS_HEADER: '' }))).toBe('127.0.0.1');
    // The last one is what the proxy in front has written.
    expect(await told(await serveDoor({ CLIENT_ADDRESS_HEADER: 'x-forwarded-for' }))).toBe('10.0.0.9');
  });

  it('counts with the other edges, and alone while Redis is away', async () => {
    const counts = new Map<string, number>();
    const redis = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const [[, name = ''] = []] = JSON.parse(Buffer.concat(chunks).toString()) as string[][];
        counts.set(name, (counts.get(name) ?? 0) + 1);
        response.end(JSON.stringify([{ result: counts.get(name) }, { result: 1 }]));
      });
    });
    const port = await freePort();
    await new Promise<void>((resolve) => redis.listen(port, '127.0.0.1', resolve));
    const variables = {
      CLIENT_ADDRESS_HEADER: '',
      UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${port}`,
      UPSTASH_REDIS_REST_TOKEN: 't',
      // More than one window may be met.
      RATE_LIMIT_PER_MINUTE: '1',
    };
    const [one, other] = [await serveDoor(variables), await serveDoor(variables)];
    const limit = async (url: string) => (await fetch(`${url}/limit`)).text();
    const answers = [];
    for (const url of [one, other, one, other]) answers.push(await limit(url));
    // Across the turn of a minute two of them are first.
    expect(answers.filter((answer) => answer === 'true').length).toBe(counts.size);
    expect([...counts.keys()].every((name) => /^rate:\d+:k$/.test(name))).toBe(true);
    redis.closeAllConnections();
    await new Promise((resolve) => redis.close(resolve));
    expect(await limit(one)).toBe('true');
  });

  it('keeps nothing in its cache, and says so', async () => {
    const url = await serve('no-cache', {});
    expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(204);
    const read = await fetch(url);
    expect([read.status, read.headers.get('cf-cache-status')]).toEqual([504, 'MISS']);
  });
});

const ASKER = `
export default {
  async fetch(request) {
    const target = new URL(request.url).searchParams.get('target');
    if (target === null) return new Response('ready');
    try {
      const response = await fetch(target);
      return new Response(response.status + ' ' + (await response.text()));
    } catch (error) {
      return new Response('refused: ' + error);
    }
  },
};
`;

const TELLING = `
export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname !== '/limit') return new Response(request.headers.get('cf-connecting-ip'));
    return new Response(String((await env.RATE_LIMITER.limit({ key: 'k' })).success));
  },
  async scheduled() {},
};
`;
