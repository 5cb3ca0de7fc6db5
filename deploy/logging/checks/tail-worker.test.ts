import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { stateDirAt } from '@millrace/local/stack/state-dir.ts';
import { wranglerEnvironment, wranglerProgram } from '@millrace/local/stack/wrangler.ts';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { indexTemplate } from '../elasticsearch/index-template.ts';
import { refusals } from './accepts.ts';

/* The Tail Worker inside workerd, told of the calls of another Worker as Cloudflare tells it. */

const CONFIG = path.join(import.meta.dirname, '../tail-worker/wrangler.toml');
const MAPPINGS = indexTemplate().template.mappings;

const EDGE = `export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/own') console.log(JSON.stringify({
      time: '2026-11-22T12:00:00.000Z', level: 'warn', role: 'edge', msg: 'could not relay', job_id: 'j', attempt: 2,
      strange: 'field', err: { type: 'Error', message: 'no' } }));
    if (pathname === '/other') console.log('GET https://b.example/o?X-Amz-Signature=5ec2e7 failed');
    if (pathname === '/throw') throw new TypeError('at https://b.example/o?X-Amz-Signature=5ec2e7');
    return new Response('ok');
  },
}`;

interface Stored {
  path: string;
  authorization: string;
  body: string;
}

let folder: string;
let script: string;
let stored: Stored[] = [];
const store = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += String(piece);
  stored.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '', body });
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"errors":false}');
});
let storeUrl = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-tail-'));
  const args = [...wranglerProgram, 'deploy', '--dry-run', '--config', CONFIG, '--outdir', folder];
  await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, ...wranglerEnvironment(stateDirAt(folder)) },
    timeout: 60_000,
  });
  script = path.join(folder, 'index.js');
  store.listen(0, '127.0.0.1');
  await once(store, 'listening');
  const address = store.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  storeUrl = `http://127.0.0.1:${address.port}`;
});
afterAll(async () => {
  store.closeAllConnections();
  store.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  stored = [];
});

async function told(sink: string, paths: readonly string[], expected: number): Promise<Stored[]> {
  const common = { modules: true, compatibilityDate: '2026-11-01' };
  const workerd = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      telemetry: { enabled: false },
      workers: [
        { ...common, name: 'edge', script: EDGE, tails: ['logs'] },
        {
          ...common,
          name: 'logs',
          scriptPath: script,
          modulesRoot: folder,
          bindings: { LOG_SINK: sink, LOG_URL: `${storeUrl}/`, LOG_AUTHORIZATION: 'ApiKey k' },
        },
      ],
    }),
  );
  try {
    for (const each of paths) await workerd.dispatchFetch(`http://edge.example${each}`).catch(() => {});
    await expect.poll(() => stored.length, { timeout: 20_000 }).toBe(expected);
  } finally {
    await workerd.dispose();
  }
  return stored;
}

test('lines of the edge are stored in Elasticsearch as the index takes them', async () => {
  const requests = await told('elasticsearch', ['/own', '/other', '/throw', '/quiet'], 3);
  expect(requests.map(({ path: at, authorization }) => [at, authorization])).toEqual(
    requests.map(() => ['/millrace-logs/_bulk', 'ApiKey k']),
  );
  const documents = requests.flatMap(({ body }) => {
    expect(body.endsWith('\n')).toBe(true);
    const lines = body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter((_, i) => i % 2 === 0)).toEqual(
      lines.flatMap((_, i) => (i % 2 ? [] : [{ create: {} }])),
    );
    return lines.filter((_, i) => i % 2 === 1);
  });
  expect(documents).toMatchObject([
    {
      ...{ '@timestamp': '2026-11-22T12:00:00.000Z', time: '2026-11-22T12:00:00.000Z', level: 'warn' },
      ...{ role: 'edge', msg: 'could not relay', job_id: 'j', attempt: 2 },
    },
    { role: 'edge', msg: 'GET https://b.example/o?… failed' },
    {
      level: 'error',
      msg: 'uncaught exception',
      err: { type: 'TypeError', message: 'at https://b.example/o?…' },
    },
  ]);
  expect(documents[0]).not.toHaveProperty('strange');
  for (const document of documents) expect(refusals(document, MAPPINGS)).toEqual([]);
  expect(JSON.stringify(requests)).not.toContain('5ec2e7');
});

test('Loki gets the same lines, in streams by role and level', async () => {
  const [request] = await told('loki', ['/own'], 1);
  expect(request?.path).toBe('/loki/api/v1/push');
  const { streams } = JSON.parse(request?.body ?? '');
  expect(streams).toMatchObject([{ stream: { job: 'millrace', role: 'edge', level: 'warn' } }]);
  const [[nanoseconds, line]] = streams[0].values;
  expect(nanoseconds).toBe(`${Date.parse('2026-11-22T12:00:00.000Z')}000000`);
  expect(JSON.parse(line)).toMatchObject({ msg: 'could not relay', job_id: 'j' });
});
