import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { TrackInitSchema, Verdict } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { TaskResult } from '@millrace/shared/task/task-spec.ts';
import type { Trace } from '@millrace/shared/trace/trace.ts';
import { type Logger, pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createVirtualClock } from '../clock/virtual-clock.ts';
import { createFailoverClient } from '../fleet/failover-client.ts';
import { TaskFailure } from '../task-failure.ts';
import { createFakeEdge, type FakeEdge } from '../testing/fake-edge.ts';
import { createFakeScratch } from '../testing/fake-scratch.ts';
import { createFakeTrace } from '../testing/fake-trace.ts';
import { silentLogger } from '../testing/silent-logger.ts';
import type { TaskContext } from './task-context.ts';
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
  keyBytes: 4,
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
  log?: Logger;
  task?: (ctx: TaskContext) => Promise<TaskResult>;
  trace?: Trace;
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
    log: options.log ?? silentLogger(),
    metrics: createWorkerMetrics(registry),
    waitMs: 25_000,
    ...(options.trace && { trace: options.trace }),
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

test('a stopped task whose ffmpeg takes its time to die says nothing meanwhile, whatever it had to announce', async () => {
  let announce = () => {};
  const { clock, bridge, running, outcomes } = await setUp({
    task: async (ctx) => {
      announce = () => ctx.announce(INIT, [SEGMENT]);
      await clock.sleep(12_000);
      throw ctx.signal.reason;
    },
  });
  bridge.ready.push('a');
  await clock.advance(1_500);
  bridge.verdict = () => Verdict.CANCELED;
  announce();
  await clock.advance(5_000);
  expect(running.size).toBe(1);
  expect(bridge.told()).toEqual(['a/1 started', 'a/1 heartbeat']);
  await clock.advance(10_000);
  expect(await outcomes()).toEqual({ canceled: 1 });
});

test('an answer that leaves out reports is no reason to repeat them in a tight loop', async () => {
  const { clock, bridge, running } = await setUp();
  bridge.ready.push('a');
  await clock.advance(1_500);
  const { report } = bridge;
  bridge.report = async (request) => ({ ...(await report(request)), answers: [] });
  running.get('a')?.announce(INIT, [SEGMENT]);
  await clock.advance(10_000);
  expect(bridge.told().length).toBeGreaterThan(3);
  expect(bridge.told().length).toBeLessThan(20);
});

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

test('a result that the edge takes for incomplete for ever becomes a failure', async () => {
  const { clock, bridge, finish } = await setUp();
  bridge.verdict = ({ event }) => (event.case === 'completed' ? Verdict.RETRY : Verdict.ACCEPTED);
  bridge.ready.push('a');
  await clock.advance(1_500);
  finish.get('a')?.(DONE);
  await clock.advance(9 * 60_000);
  expect(bridge.told()).not.toContain('a/1 failed');
  await clock.advance(2 * 60_000);
  const ends = bridge.told().filter((news) => news !== 'a/1 heartbeat');
  expect(new Set(ends)).toEqual(new Set(['a/1 started', 'a/1 completed', 'a/1 failed']));
  expect(ends.at(-1)).toBe('a/1 failed');
  expect(bridge.reportCalls.at(-1)?.reports.at(-1)?.event).toMatchObject({ value: { code: 'worker_error' } });
});

test('an end that was none for the edge for ever stays what it is', async () => {
  const failing = async () => {
    throw new TaskFailure('source_unreadable', 'no media');
  };
  const { clock, bridge } = await setUp({ task: failing });
  bridge.verdict = ({ event }) => (event.case === 'failed' ? Verdict.RETRY : Verdict.ACCEPTED);
  bridge.ready.push('a');
  await clock.advance(12 * 60_000);
  const codes = bridge.reportCalls.flatMap(({ reports }) =>
    reports.flatMap(({ event }) => (event.case === 'failed' ? event.value.code : [])),
  );
  expect(new Set(codes)).toEqual(new Set(['source_unreadable']));
  expect(codes.length).toBeGreaterThan(10);
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
  expect(bridge.reportCalls.at(-1)?.workers).toMatchObject([{ slots: 0, freeSlots: 0 }]);
  expect(bridge.reportCalls.at(-1)?.reports[0]?.event).toMatchObject({ value: { reason: 'drain' } });
  await clock.advance(60_000);
  expect(bridge.claims.length).toBe(claims);
  expect(scratch.present.size).toBe(0);
  expect(clock.pendingTimers()).toBe(0);
});

test('a worker that leaves while it has nothing to do says that its slots are gone', async () => {
  const { clock, bridge, stop, ended } = await setUp({ slots: 2 });
  await clock.advance(1_500);
  stop.abort();
  await clock.settle();
  expect(ended()).toBe(true);
  expect(bridge.reportCalls.at(-1)?.workers).toMatchObject([{ slots: 0, freeSlots: 0 }]);
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

test('of a long list the rest is signed a page at a time, once, in order', async () => {
  const { clock, bridge, running } = await setUp();
  bridge.unsigned = Array.from({ length: 100 }, (_, i) => `n${i}`);
  bridge.ready.push('a');
  await clock.advance(1_500);
  const ctx = running.get('a');
  const urls = await Promise.all(['n10', 'n11', 'n73', 'n74', 'n0'].map((name) => ctx?.output(name)));
  expect(urls.map((signed) => signed?.url)).toEqual(
    ['n10', 'n11', 'n73', 'n74', 'n0'].map((name) => `http://storage/${name}`),
  );
  expect(bridge.signed.map(({ outputs }) => [outputs[0], outputs.at(-1), outputs.length])).toEqual([
    ['n10', 'n73', 64],
    ['n74', 'n99', 26],
    ['n0', 'n9', 10],
  ]);
  await ctx?.output('n99');
  expect(bridge.signed.length).toBe(3);
  await ctx?.output('n99', true);
  expect(bridge.signed.at(-1)?.outputs).toEqual(['n99']);
});

test('a page that could not be signed is waited for as long as the lease lasts, and fails nothing', async () => {
  const { clock, bridge, running, outcomes } = await setUp({
    task: async (ctx) => {
      await ctx.output('n0');
      return DONE;
    },
  });
  bridge.unsigned = ['n0'];
  const { signUrls } = bridge;
  bridge.signUrls = async () => {
    throw new ConnectError('down', Code.Unavailable);
  };
  bridge.ready.push('a');
  await clock.advance(90_000);
  expect(running.size).toBe(1);
  bridge.signUrls = signUrls;
  await clock.advance(2_500);
  expect(await outcomes()).toEqual({ completed: 1 });
  bridge.ready.push('b');
  bridge.verdict = () => {
    bridge.line = 'down';
    return Verdict.ACCEPTED;
  };
  await clock.advance(TTL_MS + 2_500);
  expect(await outcomes()).toEqual({ completed: 1, lease_expired: 1 });
});

test('what a worker logs of a task can be found by its request and project', async () => {
  const lines: string[] = [];
  const { clock, bridge } = await setUp({ log: pino({ base: null }, { write: (line) => lines.push(line) }) });
  bridge.ready.push('a');
  await clock.advance(1_500);
  const started = lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'task started');
  expect(started).toMatchObject({ job_id: 'job-1', project_id: 'project-1', trace_id: '5'.repeat(32) });
});

test('a traced attempt has spans for what is told of it, and names them in its reports', async () => {
  const spans = createFakeTrace();
  const bridge = createFakeEdge();
  const told: (string | undefined)[][] = [];
  const report = bridge.report;
  bridge.report = (request, options) => {
    told.push(...request.reports.map((one) => [one.event.case, spans.pathOf(one.traceparent)]));
    return report(request, options);
  };
  const claimTasks = bridge.claimTasks;
  bridge.claimTasks = async (request, options) => {
    const answer = await claimTasks(request, options);
    for (const assignment of answer.assignments)
      assignment.traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    return answer;
  };
  const { clock, finish } = await setUp({ bridges: [bridge], trace: spans.trace });
  bridge.ready.push('a');
  await clock.advance(TTL_MS / 2);
  finish.get('a')?.(DONE);
  await clock.advance(1_000);
  expect(told).toEqual([
    ['started', expect.stringMatching(/^caller > attempt .* > report started$/)],
    ['heartbeat', undefined],
    ['completed', expect.stringMatching(/^caller > attempt .* > report completed$/)],
  ]);
  expect(spans.ended.map((path) => path.replace(/attempt \S+/, 'attempt'))).toEqual([
    'caller > attempt > report started',
    'caller > attempt > report completed',
    'caller > attempt',
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

test('after a bridge was lost, the worker knows soon that one answers again', async () => {
  const bridge = createFakeEdge();
  const { claimTasks } = createFakeEdge();
  const waits: number[] = [];
  bridge.claimTasks = async (request) => {
    waits.push(request.waitMs ?? -1);
    if (waits.length === 1) throw new ConnectError('no bridge', Code.Unavailable);
    return claimTasks(request);
  };
  const { clock } = await setUp({ bridges: [bridge] });
  await clock.advance(5_000);
  expect(waits[0]).toBeGreaterThan(0);
  expect(waits[1]).toBe(0);
  expect(waits[2]).toBeGreaterThan(0);
});
