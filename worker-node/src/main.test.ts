import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { status } from '@grpc/grpc-js';
import { FleetService } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { JobService } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import type { PosterSpec } from '@millrace/shared/task/task-spec.ts';
import { expect, onTestFinished, test } from 'vitest';
import { createFakeEdge } from './testing/fake-edge.ts';
import { startFakeJobEdge } from './testing/fake-job-edge.ts';
import { startFakeKubernetes } from './testing/fake-kubernetes.ts';
import { createGrpcClient } from './testing/grpc-client.ts';

const TOKEN = 'the-fleet-token';
const MAIN = join(import.meta.dirname, 'main.ts');
const PATIENCE = { timeout: 30_000, interval: 50 };

const POSTER: PosterSpec = {
  kind: 'poster',
  source: { key: 'k', sizeBytes: 1, etag: 'e', demuxer: 'mov', containerStartMicros: 0, originMicros: 0 },
  video: {
    index: 0,
    codec: 'h264',
    pixelFormat: 'yuv420p',
    codedWidth: 16,
    codedHeight: 16,
    sampleAspectRatio: { num: 1, den: 1 },
    rotation: 0,
    width: 16,
    height: 16,
    frameRate: { num: 25, den: 1 },
    variableFrameRate: false,
    startMicros: 0,
    endMicros: 1_000_000,
    endMeasured: true,
    colorTransfer: null,
    colorPrimaries: null,
    colorSpace: null,
    colorRange: null,
    fieldOrder: null,
    alpha: false,
    closedCaptions: false,
  },
  frameRate: { num: 25, den: 1 },
  gopFrames: 50,
  deinterlace: null,
  background: null,
  exact: false,
  atMicros: 0,
  width: 16,
  height: 16,
};

/** Starts a server that the test owns; gives its base URL. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Role {
  child: ChildProcess;
  url: string;
  lines: Record<string, unknown>[];
  output(): string;
  exited: Promise<number | null>;
}

/** Starts a role as its image would, and waits until it listens. */
async function start(role: string, env: Record<string, string>): Promise<Role> {
  const child = spawn(process.execPath, [MAIN, role], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', FLEET_TOKEN: TOKEN, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += String(text)));
  const lines = () => output.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  const address = () => lines().find((line) => 'address' in line)?.address;
  await expect.poll(() => address() ?? (child.exitCode === null ? null : output), PATIENCE).toMatch(/^http/);
  return {
    child,
    url: address(),
    get lines() {
      return lines();
    },
    output: () => output,
    exited,
  };
}

/** A real bridge and a real worker between a fake edge, an empty queue and an ffmpeg that never ends. */
async function startFleet(...ready: string[]) {
  return await startFleetWith({}, ...ready);
}

async function startFleetWith(
  extra: { bridge?: Record<string, string>; worker?: Record<string, string> },
  ...ready: string[]
) {
  const edge = createFakeEdge(JSON.stringify(POSTER));
  edge.ready.push(...ready);
  const edgeHandler = connectNodeAdapter({
    routes: (router) => {
      router.service(FleetService, {
        claimTasks: (request) => edge.claimTasks(request),
        report: (request) => edge.report(request),
        signUrls: (request) => edge.signUrls(request),
      });
    },
  });
  const edgeUrl = await serve((request, response) => {
    if (request.headers.authorization === `Bearer ${TOKEN}`) edgeHandler(request, response);
    else response.writeHead(401).end();
  });
  const queueUrl = await serve((_, response) => {
    response.end(JSON.stringify({ success: true, result: { messages: [], backlog_count: 0 } }));
  });
  const directory = await mkdtemp(join(tmpdir(), 'millrace-main-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const ffmpeg = join(directory, 'ffmpeg');
  await copyFile(join(import.meta.dirname, 'testing/endless-ffmpeg.sh'), ffmpeg);

  const bridge = await start('bridge', {
    EDGE_URL: edgeUrl,
    QUEUE_API_URL: queueUrl,
    CLOUDFLARE_ACCOUNT_ID: 'a',
    QUEUE_ID: 'q',
    QUEUE_API_TOKEN: 't',
    ...extra.bridge,
  });
  const worker = await start('worker', {
    BRIDGE_URL: bridge.url,
    FFMPEG_PATH: ffmpeg,
    FFPROBE_PATH: ffmpeg,
    SCRATCH_DIR: join(directory, 'scratch'),
    MACHINE_ID: 'machine',
    ...extra.worker,
  });
  const ffmpegPids = async () => {
    const text = await readFile(join(directory, 'pids'), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean).map(Number);
  };
  onTestFinished(async () => {
    for (const pid of (await ffmpegPids()).filter(lives)) process.kill(pid, 'SIGKILL');
  });
  return { edge, bridge, worker, directory, ffmpegPids };
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('SIGTERM reaches ffmpeg, the task is given back, and worker and bridge end with 0', async () => {
  const { edge, bridge, worker, directory, ffmpegPids } = await startFleet('task-1');
  await expect.poll(ffmpegPids, PATIENCE).toHaveLength(1);
  expect(edge.claims[0]?.worker).toMatchObject({
    machineId: 'machine',
    slots: 1,
    capabilities: ['libx264', 'audio-spans', 'fetch-url'],
  });
  expect((await fetch(`${worker.url}/readyz`)).status).toBe(200);

  worker.child.kill('SIGTERM');
  expect(await worker.exited).toBe(0);
  expect((await ffmpegPids()).filter(lives)).toEqual([]);
  expect(edge.told()).toContain('task-1/1 started');
  expect(edge.told().at(-1)).toBe('task-1/1 released');
  expect(await readdir(join(directory, 'scratch/worker-0/attempts'))).toEqual([]);

  bridge.child.kill('SIGTERM');
  expect(await bridge.exited).toBe(0);
  expect(bridge.output() + worker.output()).not.toContain(TOKEN);
});

test('a second SIGTERM ends a worker where it stands, and its ffmpeg with it', async () => {
  const { worker, ffmpegPids } = await startFleet('task-1');
  await expect.poll(ffmpegPids, PATIENCE).toHaveLength(1);
  worker.child.kill('SIGTERM');
  await expect.poll(() => worker.output(), PATIENCE).toContain('draining');
  worker.child.kill('SIGTERM');
  expect(await worker.exited).toBe(1);
  await expect.poll(async () => (await ffmpegPids()).filter(lives), PATIENCE).toEqual([]);
});

test('nothing is claimed for a worker that was killed while it waited', async () => {
  const { edge, worker } = await startFleet();
  await expect.poll(() => edge.claims.length, PATIENCE).toBe(1);
  worker.child.kill('SIGKILL');
  await worker.exited;
  edge.ready.push('task-1');
  const calls = edge.reportCalls.length;
  await expect.poll(() => edge.reportCalls.length, PATIENCE).toBeGreaterThan(calls + 1);
  expect(edge.ready).toEqual(['task-1']);
});

test('a bridge that is asked to tells Kubernetes that a worker is busy', async () => {
  const kubernetes = await startFakeKubernetes();
  kubernetes.pods.set('millrace-worker-1', null);
  const { hostname, port } = new URL(kubernetes.apiUrl);
  await startFleetWith(
    {
      bridge: {
        POD_DELETION_COST: 'true',
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
        KUBERNETES_ACCOUNT_DIR: kubernetes.accountDir,
      },
      worker: { MACHINE_ID: 'millrace-worker-1' },
    },
    'task-1',
  );
  await expect.poll(() => kubernetes.pods.get('millrace-worker-1'), PATIENCE).toBe('1');
});

test('a worker that may not reach the internet does not offer to fetch from it', async () => {
  const { edge } = await startFleetWith({ worker: { FETCH_URLS: 'false' } });
  await expect.poll(() => edge.claims.length, PATIENCE).toBe(1);
  expect(edge.claims[0]?.worker?.capabilities).toEqual(['libx264', 'audio-spans']);
});

test('the fleet’s service is closed to whoever lacks the token; health and metrics are not', async () => {
  const { bridge } = await startFleet();
  const call = (authorization: string) =>
    fetch(`${bridge.url}/millrace.v1.FleetService/ClaimTasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: '{"worker":{"id":"w"},"waitMs":1}',
    });
  expect((await call('')).status).toBe(401);
  expect((await call('Bearer wrong-fleet-tokn')).status).toBe(401);
  expect((await call(`Bearer ${TOKEN}`)).status).toBe(200);
  expect((await fetch(`${bridge.url}/healthz`)).status).toBe(200);
  await expect.poll(async () => (await fetch(`${bridge.url}/readyz`)).status, PATIENCE).toBe(200);
  expect(await (await fetch(`${bridge.url}/metrics`)).text()).toContain('queue_depth');
});

test('gRPC is ready while the edge answers, and SIGTERM ends it with 0 when its calls are answered', async () => {
  const waiting: ((answer: object) => void)[] = [];
  const edge = await startFakeJobEdge({ getJob: () => new Promise((resolve) => void waiting.push(resolve)) });
  onTestFinished(() => edge.close());
  const grpc = await start('grpc', { EDGE_URL: edge.url, GRPC_PORT: '0' });
  const client = createGrpcClient(String(grpc.lines.find((line) => 'grpc_address' in line)?.grpc_address));
  onTestFinished(() => client.close());
  await expect.poll(async () => (await fetch(`${grpc.url}/readyz`)).status, PATIENCE).toBe(200);

  const call = client.call(JobService.method.getJob, { id: 'j' });
  await expect.poll(() => waiting.length, PATIENCE).toBe(1);
  grpc.child.kill('SIGTERM');
  await expect.poll(() => grpc.output(), PATIENCE).toContain('stopping');
  waiting[0]?.({ job: { id: 'j' } });
  expect((await call).message.job?.id).toBe('j');
  expect(await grpc.exited).toBe(0);
  await expect(client.call(JobService.method.getJob)).rejects.toMatchObject({ code: status.UNAVAILABLE });
});

test.each([
  [['bridge'], /EDGE_URL/],
  [['worker'], /BRIDGE_URL/],
  [['grpc'], /EDGE_URL/],
  [['other'], /usage/],
])('%o without what it needs says so and exits with 2', async (args, message) => {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH } });
  let output = '';
  child.stderr.on('data', (text) => (output += String(text)));
  const [code] = await once(child, 'close');
  expect(code).toBe(2);
  expect(output).toMatch(message);
});
