import { create } from '@bufbuild/protobuf';
import { TrackInitSchema, Verdict } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { TaskResult } from '@millrace/shared/task/task-spec.ts';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createVirtualClock } from '../clock/virtual-clock.ts';
import { createFailoverClient } from '../fleet/failover-client.ts';
import { createFakeEdge, type FakeEdge } from '../testing/fake-edge.ts';
import { createFakeScratch } from '../testing/fake-scratch.ts';
import { silentLogger } from '../testing/silent-logger.ts';
import { type TaskContext, TaskFailure } from './task-context.ts';
import { createWorker } from './worker.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

const TTL_MS = 30_000;
const DONE: TaskResult = { kind: 'publish' };

const SEGMENT = {
  track: '720p',
  number: 3,
  name: '720p/00003.m4s',
  sizeBytes: 10,
  length: 60,
  initSha256: 'aa',
};
const INIT = {
  track: '720p',
  name: '720p/init.mp4',
  sha256: 'aa',
  sizeBytes: 5,
  codecs: 'avc1',
  width: 1,
  height: 1,
};

interface Options {
  slots?: number;
  bridges?: FakeEdge[];
  task?: (ctx: TaskContext) => Promise<TaskResult>;
}

/** A worker whose bridge is a fake edge that answers empty polls after a second. Its tasks last until told otherwise. */
async function setUp(options: Options = {}) {
  const clock = createVirtualClock();
  const bridges = options.bridges ?? [createFakeEdge()];
  for (const bridge of bridges) {
    const claimTasks = bridge.claimTasks;
    bridge.claimTasks = async (request, callOptions) => {
      if (bridge.ready.length === 0 && bridge.line === 'up') await clock.sleep(1_000, callOptions?.signal);
      return claimTasks(request, callOptions);
    };
  }
  const [bridge = createFakeEdge(), ...others] = bridges;
  const running = new Map<string, TaskContext>();
  const finish = new Map<string, (result: TaskResult) => void>();
  const lasting = (ctx: TaskContext) =>
    new Promise<TaskResult>((resolve, reject) => {
      finish.set(ctx.taskId, resolve);
      ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason), { once: true });
    });
  const scratch = createFakeScratch();
  const registry = new Registry();
  const worker = createWorker({
    clock,
    random: () => 0.5,
    fleet: createFailoverClient([bridge, ...others]),
    async runTask(ctx) {
      running.set(ctx.taskId, ctx);
      try {
        return await (options.task ?? lasting)(ctx);
      } finally {
        running.delete(ctx.taskId);
      }
    },
    identity: { id: 'w', machineId: 'm', slots: options.slots ?? 1, capabilities: ['libx264'], version: '1' },
    scratch,
    log: silentLogger(),
    metrics: createWorkerMetrics(registry),
    waitMs: 25_000,
  });
  const stop = new AbortController();
  let ended = false;
  const run = worker.run(stop.signal).then(() => {
    ended = true;
  });
  await clock.settle();
  const outcomes = async () =>
    Object.fromEntries(
      ((await registry.getSingleMetric('tasks_total')?.get())?.values ?? []).map((v) => [
        v.labels.outcome,
        v.value,
      ]),
    );
  return { clock, bridge, bridges, running, finish, scratch, stop, run, ended: () => ended, outcomes };
}

test('a task is started, kept alive and completed, and its scratch space is gone', async () => {
  const { clock, bridge, running, finish, scratch } = await setUp();
  bridge.ready.push('a');
  await clock.advance(1_500);
  expect([...running.keys()]).toEqual(['a']);
  expect(scratch.present.size).toBe(1);
  running.get('a')?.progress(7);
  await clock.advance(TTL_MS);
  finish.get('a')?.(DONE);
  await clock.settle();
  expect(bridge.told()).toEqual([
    'a/1 started',
    'a/1 heartbeat',
    'a/1 heartbeat',
    'a/1 heartbeat',
    'a/1 completed',
  ]);
  expect(bridge.reportCalls[1]?.reports[0]?.event).toMatchObject({ value: { workDone: 7n } });
  expect(bridge.reportCalls.at(-1)?.reports[0]?.event).toMatchObject({
    value: { resultJson: '{"kind":"publish"}' },
  });
  expect(scratch.present.size).toBe(0);
});

test('nothing runs before the edge has accepted the start', async () => {
  const { clock, bridge, running, outcomes } = await setUp();
  bridge.verdict = () => Verdict.LEASE_LOST;
  bridge.ready.push('a');
  let ran = false;
  for (let i = 0; i < 100; i += 1) {
    await clock.advance(100);
    ran ||= running.size > 0;
  }
  expect(ran).toBe(false);
  expect(bridge.told()).toEqual(['a/1 started']);
  expect(await outcomes()).toEqual({ refused: 1 });
});

test('a start that nobody confirms in time is given back', async () => {
  const { clock, bridge, running } = await setUp();
  bridge.verdict = () => {
    bridge.line = 'silent';
    return Verdict.ACCEPTED;
  };
  bridge.ready.push('a');
  await clock.advance(5_900);
  bridge.verdict = () => Verdict.ACCEPTED;
  bridge.line = 'up';
  await clock.advance(5_000);
  expect(running.size).toBe(0);
  expect(bridge.told().at(-1)).toBe('a/1 released');
});

test('announcements go at once, are repeated until confirmed, and are confirmed once', async () => {
  const { clock, bridge, running } = await setUp();
  bridge.ready.push('a');
  await clock.advance(1_500);
  bridge.line = 'silent';
  running.get('a')?.announce(INIT, [SEGMENT]);
  await clock.settle();
  const first = bridge.reportCalls.at(-1)?.reports[0]?.event;
  expect(first).toMatchObject({
    case: 'heartbeat',
    value: { inits: [{ sha256: 'aa' }], segments: [{ number: 3, length: 60n }] },
  });
  bridge.line = 'up';
  await clock.advance(6_000);
  expect(bridge.reportCalls.at(-1)?.reports[0]?.event).toMatchObject({
    value: { segments: [{ number: 3 }] },
  });
  await clock.advance(TTL_MS / 3);
  expect(bridge.reportCalls.at(-1)?.reports[0]?.event).toMatchObject({ value: { inits: [], segments: [] } });
});

test('what is left to announce goes ahead of the completion, in the same request', async () => {
  const { clock, bridge, running, finish } = await setUp();
  bridge.ready.push('a');
  await clock.advance(1_500);
  bridge.line = 'dead';
  running.get('a')?.announce(null, [SEGMENT]);
  await clock.settle();
  bridge.line = 'up';
  finish.get('a')?.(DONE);
  await clock.settle();
  const last = bridge.reportCalls.at(-1);
  expect(last?.reports.map((report) => report.event.case)).toEqual(['heartbeat', 'completed']);
  expect(last?.reports[0]?.event).toMatchObject({ value: { segments: [{ number: 3 }] } });
});

test('an initialisation segment that contradicts the one that stands fails the attempt', async () => {
  const { clock, bridge, running } = await setUp();
  bridge.ready.push('a');
  await clock.advance(1_500);
  bridge.standing = [create(TrackInitSchema, { track: '720p', sha256: 'bb' })];
  running.get('a')?.announce(INIT, []);
  await clock.settle();
  expect(running.size).toBe(0);
  expect(bridge.reportCalls.at(-1)?.reports[0]?.event).toMatchObject({
    case: 'failed',
    value: { code: 'init_mismatch' },
  });
});

test('an attempt that ends before its initialisation segment is confirmed is not completed on trust', async () => {
  const { clock, bridge, running, finish, outcomes } = await setUp();
  bridge.ready.push('a');
  await clock.advance(1_500);
  bridge.standing = [create(TrackInitSchema, { track: '720p', sha256: 'bb' })];
  bridge.line = 'dead';
  running.get('a')?.announce(INIT, [SEGMENT]);
  await clock.settle();
  bridge.line = 'up';
  finish.get('a')?.(DONE);
  await clock.settle();
  expect(bridge.told()).toEqual(['a/1 started', 'a/1 heartbeat', 'a/1 failed']);
  expect(await outcomes()).toEqual({ failed: 1 });
});

test.each([
  ['lease_lost', Verdict.LEASE_LOST],
  ['canceled', Verdict.CANCELED],
] as const)(
  'a heartbeat answered %s stops the task and nothing more is said of it',
  async (outcome, verdict) => {
    const { clock, bridge, running, outcomes } = await setUp();
    bridge.ready.push('a');
    await clock.advance(1_500);
    const { signal } = running.get('a') ?? {};
    bridge.verdict = () => verdict;
    await clock.advance(TTL_MS / 3);
    expect(signal?.reason).toMatchObject({ reason: outcome });
    expect(running.size).toBe(0);
    expect(bridge.told()).toEqual(['a/1 started', 'a/1 heartbeat']);
    expect(await outcomes()).toEqual({ [outcome]: 1 });
  },
);

test('without a bridge a task goes on until the deadline, counted from sending the last confirmed report', async () => {
  const { clock, bridge, running } = await setUp();
  bridge.ready.push('a');
  await clock.advanceUntil(() => running.size === 1, 5_000);
  const startedAt = clock.monotonic();
  const { signal } = running.get('a') ?? {};
  await clock.advance(TTL_MS / 3);
  expect(bridge.told()).toEqual(['a/1 started', 'a/1 heartbeat']);
  bridge.line = 'down';
  await clock.advance(TTL_MS - 100);
  expect(running.size).toBe(1);
  await clock.advance(200);
  expect(running.size).toBe(0);
  expect(signal?.reason).toMatchObject({ reason: 'lease_expired' });
  expect(clock.monotonic() - startedAt).toBeLessThan(TTL_MS / 3 + TTL_MS + 200);
});

test('an outage shorter than the lease costs nothing', async () => {
  const { clock, bridge, running, finish } = await setUp();
  bridge.ready.push('a');
  await clock.advance(1_500);
  bridge.line = 'down';
  await clock.advance(TTL_MS - 5_000);
  finish.get('a')?.(DONE);
  await clock.advance(2_000);
  expect(bridge.told()).toEqual(['a/1 started']);
  bridge.line = 'up';
  await clock.advance(2_500);
  expect(bridge.told().at(-1)).toBe('a/1 completed');
  expect(running.size).toBe(0);
});

test('a completion whose answer was lost is repeated until there is one', async () => {
  const { clock, bridge, finish, outcomes } = await setUp();
  bridge.ready.push('a');
  await clock.advance(1_500);
  bridge.line = 'silent';
  finish.get('a')?.(DONE);
  await clock.advance(4_000);
  bridge.line = 'up';
  await clock.advance(4_000);
  expect(bridge.told().filter((line) => line === 'a/1 completed').length).toBeGreaterThan(1);
  expect(await outcomes()).toEqual({ completed: 1 });
});

test('lost answers to two heartbeats in a row cost no lease', async () => {
  const { clock, bridge, running } = await setUp();
  bridge.ready.push('a');
  await clock.advance(1_500);
  bridge.line = 'dead';
  await clock.advance(TTL_MS / 3 + TTL_MS / 6 + TTL_MS / 12);
  bridge.line = 'up';
  await clock.advance(TTL_MS);
  expect(running.size).toBe(1);
});

test('a worker whose bridge is gone goes on with the next one', async () => {
  const bridges = [createFakeEdge(), createFakeEdge()];
  const { clock, running, finish } = await setUp({ bridges });
  bridges[0]?.ready.push('a');
  await clock.advance(1_500);
  if (bridges[0]) bridges[0].line = 'dead';
  await clock.advance(TTL_MS + 5_000);
  expect(running.size).toBe(1);
  finish.get('a')?.(DONE);
  await clock.settle();
  expect(bridges[1]?.told().at(-1)).toBe('a/1 completed');
  bridges[1]?.ready.push('b');
  await clock.advance(2_000);
  expect([...running.keys()]).toEqual(['b']);
});

test('draining stops what runs, gives it back and asks for nothing more', async () => {
  const { clock, bridge, running, stop, ended, scratch } = await setUp({ slots: 2 });
  bridge.ready.push('a', 'b');
  await clock.advance(1_500);
  expect(running.size).toBe(2);
  const claims = bridge.claims.length;
  stop.abort();
  await clock.settle();
  expect(ended()).toBe(true);
  expect(bridge.told().slice(-2).sort()).toEqual(['a/1 released', 'b/1 released']);
  expect(bridge.reportCalls.at(-1)?.reports[0]?.event).toMatchObject({ value: { reason: 'drain' } });
  await clock.advance(60_000);
  expect(bridge.claims.length).toBe(claims);
  expect(scratch.present.size).toBe(0);
  expect(clock.pendingTimers()).toBe(0);
});

test('draining ends even when a task does not stop and the bridge is gone', async () => {
  const { clock, bridge, running, stop, ended } = await setUp({ task: () => new Promise(() => {}) });
  bridge.ready.push('a');
  await clock.advance(1_500);
  expect(running.size).toBe(1);
  bridge.line = 'dead';
  stop.abort();
  await clock.advance(25_000);
  expect(ended()).toBe(true);
});

test('a task that is done when the worker drains is completed, not given back', async () => {
  const { clock, bridge, stop, ended } = await setUp({
    task: (ctx) =>
      new Promise((resolve) => ctx.signal.addEventListener('abort', () => resolve(DONE), { once: true })),
  });
  bridge.ready.push('a');
  await clock.advance(1_500);
  stop.abort();
  await clock.settle();
  expect(ended()).toBe(true);
  expect(bridge.told().at(-1)).toBe('a/1 completed');
});

test('a task that must run alone has the worker to itself', async () => {
  const { clock, bridge, running, finish } = await setUp({ slots: 2 });
  bridge.alone.add('heavy');
  bridge.ready.push('heavy');
  await clock.advance(1_500);
  bridge.ready.push('other');
  await clock.advance(5_000);
  expect([...running.keys()]).toEqual(['heavy']);
  finish.get('heavy')?.(DONE);
  await clock.advance(2_000);
  expect([...running.keys()]).toEqual(['other']);
});

test('a task that must run alone is given back by a busy worker, which then waits for quiet', async () => {
  const { clock, bridge, running, finish } = await setUp({ slots: 2 });
  bridge.ready.push('other');
  await clock.advance(1_500);
  bridge.alone.add('heavy');
  bridge.ready.push('heavy');
  await clock.advance(1_500);
  expect(bridge.told()).toContain('heavy/1 released');
  bridge.ready.push('heavy');
  await clock.advance(10_000);
  expect([...running.keys()]).toEqual(['other']);
  expect(bridge.told().filter((line) => line.startsWith('heavy'))).toHaveLength(1);
  finish.get('other')?.(DONE);
  await clock.advance(2_000);
  expect([...running.keys()]).toEqual(['heavy']);
});

test.each([
  [new TaskFailure('decode_failed', 'broken'), { code: 'decode_failed', message: 'broken' }],
  [new Error('surprise'), { code: 'worker_error', message: 'surprise' }],
  [Object.assign(new Error('full'), { code: 'ENOSPC' }), { code: 'out_of_resources' }],
])('a task that throws %o fails with its code and the end of its log', async (error, expected) => {
  const { clock, bridge } = await setUp({
    task: async (ctx) => {
      ctx.logLine('last words');
      throw error;
    },
  });
  bridge.ready.push('a');
  await clock.advance(1_500);
  expect(bridge.reportCalls.at(-1)?.reports[0]?.event).toMatchObject({
    case: 'failed',
    value: { ...expected, logTail: 'last words' },
  });
});

test('URLs that came with the task are used as they are; further and fresh ones are signed by the edge', async () => {
  const { clock, bridge, running } = await setUp();
  bridge.ready.push('a');
  await clock.advance(1_500);
  const ctx = running.get('a');
  expect(await ctx?.output('held')).toMatchObject({ url: 'http://storage/held' });
  expect(bridge.signed).toHaveLength(0);
  expect(await ctx?.output('more')).toMatchObject({ url: 'http://storage/more' });
  await ctx?.input('source', true);
  expect(bridge.signed).toMatchObject([
    { taskId: 'a', attempt: 1, leaseToken: 'token-a-1', outputs: ['more'] },
    { inputs: ['source'] },
  ]);
});

test('a bridge that answers empty at once is not asked in a tight loop', async () => {
  const bridge = createFakeEdge();
  const { clock } = await setUp({ bridges: [bridge] });
  const { claimTasks } = createFakeEdge();
  let asked = 0;
  bridge.claimTasks = (request) => {
    asked += 1;
    return claimTasks(request);
  };
  await clock.advance(30_000);
  expect(asked).toBeGreaterThan(5);
  expect(asked).toBeLessThan(60);
});
