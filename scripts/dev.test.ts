import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../deploy/local/free-port.ts';
import { removePostgresData } from '../deploy/local/postgres-home.ts';
import { waitUntil } from '../deploy/local/wait-until.ts';

/** A stack on a machine that is busy with other tests. */
const upTimeoutMs = 90_000;

let folder: string;
let apiPort: number;
let graphqlPort: number;
let grpcPort: number;
let started: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-dev-'));
  apiPort = await freePort();
  graphqlPort = await freePort();
  grpcPort = await freePort();
  started = [];
});
afterEach(async () => {
  for (const child of started) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await removePostgresData(join(folder, 'postgres'));
  await rm(folder, { recursive: true, force: true });
});

test('the stack comes up, mends itself, refuses a second one, and Ctrl-C leaves nothing', async () => {
  const dev = start();
  await dev.says(/^ready {2}http/m);
  expect(dev.output()).toMatch(
    /^postgres .*\nredis .*\nqueue .*\nedge .*\/metrics\ngraphql .*\ngrpc .*\/metrics\nbridge .*\/metrics\nworker-1 .*\/metrics\n/m,
  );
  expect((await fetch(`http://127.0.0.1:${apiPort}/health`)).status).toBe(200);
  expect((await fetch(metricsUrlOf('worker-1', dev.output()))).status).toBe(200);
  await answersGraphql();

  const second = start();
  expect(await second.exited).toBe(2);
  expect(second.output()).toContain(`already runs, at http://127.0.0.1:${apiPort}`);

  process.kill(workerPid(), 'SIGKILL');
  await dev.says(/^worker-1 {2}ended \(SIGKILL\), starting it again\nworker-1 {2}is back$/m);

  dev.kill('SIGINT');
  expect(await dev.exited).toBe(0);
  const ports = Object.values<number>(JSON.parse(await readFile(join(folder, 'ports.json'), 'utf8')));
  expect(processesOfStack()).toEqual([]);
  for (const port of [...ports, apiPort, graphqlPort, grpcPort]) expect(await freePort(port)).toBe(port);
}, 240_000);

test('a port that is taken is named, with the way out', async () => {
  const squatter = createServer().listen(apiPort, '127.0.0.1');
  onTestFinished(() => void squatter.close());
  await once(squatter, 'listening');
  const dev = start();
  expect(await dev.exited).toBe(2);
  expect(dev.output()).toBe(
    `Port ${apiPort} is taken by another program. Choose another: API_PORT=${apiPort + 1} npm run dev\n`,
  );
}, 60_000);

function start() {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'dev.ts'), '--workers', '1'],
    {
      env: {
        ...process.env,
        NO_COLOR: '1',
        API_PORT: String(apiPort),
        GRAPHQL_PORT: String(graphqlPort),
        GRPC_PORT: String(grpcPort),
        STATE_DIR: folder,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  started.push(child);
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return {
    output: () => output,
    exited,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    async says(pattern: RegExp) {
      const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
      await waitUntil(() => pattern.test(output) || hasEnded(), upTimeoutMs);
      expect(output).toMatch(pattern);
    },
  };
}

function metricsUrlOf(service: string, output: string): string {
  const url = new RegExp(`^${service} +(\\S+)$`, 'm').exec(output)?.[1];
  if (url === undefined) throw new Error(`${service} is not among the services:\n${output}`);
  return url;
}

async function answersGraphql(): Promise<void> {
  const url = `http://127.0.0.1:${graphqlPort}`;
  expect(await (await fetch(`${url}/`)).text()).toContain('/static/graphiql/graphiql.js');
  expect((await fetch(`${url}/health`)).status).toBe(200);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('graphql_requests_total');
  const query = await fetch(`${url}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ systemMetrics { totalJobs } }"}',
  });
  expect(await query.json()).toEqual({ data: { systemMetrics: { totalJobs: 0 } } });
}

function workerPid(): number {
  const worker = processesOfStack().find(({ command }) => command.includes('main.ts worker'));
  if (worker === undefined) throw new Error('there is no worker');
  return worker.pid;
}

/** Whatever the stack has started inherits where its state is. */
function processesOfStack(): Array<{ pid: number; command: string }> {
  return execFileSync('ps', ['axeww', '-o', 'pid=,args='], { encoding: 'utf8', maxBuffer: 2 ** 26 })
    .split('\n')
    .filter((line) => line.includes(`STATE_DIR=${folder}`))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line }));
}
