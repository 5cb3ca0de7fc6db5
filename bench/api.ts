import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../deploy/local/free-port.ts';
import { removePostgresData } from '../deploy/local/postgres-home.ts';
import { localS3Endpoint } from '../deploy/local/stack/edge.ts';
import { type Stack, startStack } from '../deploy/local/stack.ts';
import { type Forwarder, startForwarder } from './api/forwarder.ts';
import { type CallFigures, measureCalls, type NamedCall } from './api/measure-calls.ts';
import { type DoneJob, measureOperations, type OperationFigures } from './api/measure-operations.ts';
import { type Traffic, watchTraffic } from './api/operations.ts';
import { printCalls, printOperations } from './api/print-figures.ts';
import { startLoad } from './api/start-load.ts';

const WORKERS = 2;
const BATCH = 100;

export interface ApiSummary {
  cores: number;
  calls: CallFigures[];
  operations: OperationFigures;
}

/** What calls cost, in bare ones, and what films and idle hours cost, in operations of the outside systems. */
export async function api({ runs = 3 }: { runs?: number }): Promise<ApiSummary> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-bench-'));
  const traffic = watchTraffic();
  const watched = await startWatchedStack(folder, traffic);
  try {
    const { stack } = watched;
    const { figures: operations, done } = await measureOperations(stack, traffic, folder);
    for (const worker of stack.workers) await worker.stop();
    const load = startLoad(stack.apiUrl);
    const calls = await measureCalls(load, callsOn(done), runs).finally(load.stop);
    const summary: ApiSummary = { cores: cpus().length, calls, operations };
    printCalls(calls);
    printOperations(operations);
    const results = path.join(import.meta.dirname, 'results');
    await mkdir(results, { recursive: true });
    await writeFile(path.join(results, 'api.json'), `${JSON.stringify(summary, null, 2)}\n`);
    return summary;
  } finally {
    await watched.stop();
    await removePostgresData(watched.stack.dir.postgres);
    await rm(folder, { recursive: true, force: true });
  }
}

/** A stack whose fleet reaches queue, edge and storage through somebody who counts. */
async function startWatchedStack(
  folder: string,
  traffic: Traffic,
): Promise<{ stack: Stack; stop(): Promise<void> }> {
  const apiPort = await freePort();
  let queueUrl = '';
  const forwarders: Forwarder[] = [];
  const before = async (target: () => string, see: Parameters<typeof startForwarder>[2]) => {
    const forwarder = await startForwarder(await freePort(), target, see);
    forwarders.push(forwarder);
    return forwarder.url;
  };
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const [queue, fleet, storage] = [
    await before(() => queueUrl, traffic.queue),
    await before(() => apiUrl, traffic.fleet),
    await before(() => apiUrl, traffic.storage),
  ];
  const bucket = new URL(localS3Endpoint(apiPort)).pathname;
  const stack = await startStack({
    stateDir: path.join(folder, 'state'),
    apiPort,
    workers: WORKERS,
    whenFleetEnds: 'report',
    variables: {
      edge: { S3_ENDPOINT: storage + bucket, S3_PUBLIC_ENDPOINT: storage + bucket },
      // As often as in production: pulls are counted.
      bridge: { QUEUE_API_URL: queue, EDGE_URL: fleet, QUEUE_IDLE_PULL_MS: '500' },
    },
  });
  queueUrl = stack.queueUrl;
  const stopForwarders = () => Promise.all(forwarders.map((forwarder) => forwarder.stop()));
  return { stack, stop: () => stack.stop().finally(stopForwarders) };
}

function callsOn({ jobId, inputKey }: DoneJob): NamedCall[] {
  const job = { input_key: inputKey };
  const jobs = Array.from({ length: BATCH }, () => job);
  const query = '{ jobs(limit: 20) { id status inputKey createdAt renditions { resolution outputKey } } }';
  const post = (path: string, body: unknown) =>
    ({ method: 'POST', path, body: JSON.stringify(body), keyed: false }) as const;
  const get = (path: string) => ({ method: 'GET', path, body: null, keyed: false }) as const;
  return [
    { name: 'hot read (GET /jobs/{id})', call: get(`/jobs/${jobId}`), requests: 320, limit: 2 },
    { name: 'create (POST /jobs)', call: post('/jobs', job), requests: 320, limit: 5 },
    {
      name: '… with Idempotency-Key',
      call: { ...post('/jobs', job), keyed: true },
      requests: 320,
      limit: null,
    },
    { name: 'list (GET /jobs?limit=20)', call: get('/jobs?limit=20'), requests: 160, limit: null },
    { name: 'GraphQL page of 20', call: post('/graphql', { query }), requests: 160, limit: null },
    {
      name: 'batch of 100 (POST /jobs/batch)',
      call: post('/jobs/batch', { jobs }),
      requests: 32,
      limit: null,
    },
  ];
}
