import { create } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import {
  type AttemptReport,
  AttemptReportSchema,
  ClaimTasksRequestSchema,
  type ClaimTasksResponse,
  ReportRequestSchema,
  Verdict,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { Trace } from '@millrace/shared/trace/trace.ts';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createVirtualClock } from '../clock/virtual-clock.ts';
import { createFakeEdge } from '../testing/fake-edge.ts';
import { createFakeNudges } from '../testing/fake-nudges.ts';
import { createFakeTrace } from '../testing/fake-trace.ts';
import { silentLogger } from '../testing/silent-logger.ts';
import { createBridge } from './bridge.ts';
import { createBridgeMetrics } from './bridge-metrics.ts';

const HEARTBEAT_MS = 5_000;
const IDLE_PULL_MS = 500;

async function setUp(trace?: Trace) {
  const clock = createVirtualClock();
  const edge = createFakeEdge();
  const nudges = createFakeNudges();
  const bridge = createBridge({
    clock,
    random: () => 0.5,
    edge,
    nudges,
    log: silentLogger(),
    metrics: createBridgeMetrics(new Registry()),
    idlePullMs: IDLE_PULL_MS,
    heartbeatMs: HEARTBEAT_MS,
    ...(trace && { trace }),
  });
  const stop = new AbortController();
  let ended = false;
  const running = bridge.run(stop.signal).then(() => {
    ended = true;
  });
  await clock.settle();

  /** A worker's long poll; `tasks` is null while it is open. */
  function poll(worker: string, options: { waitMs?: number; slots?: number; capabilities?: string[] } = {}) {
    const { waitMs = 25_000, slots = 1, capabilities = ['libx264'] } = options;
    const call = new AbortController();
    const state: { tasks: string[] | null; error: unknown; hangUp(): void } = {
      tasks: null,
      error: null,
      hangUp: () => call.abort(),
    };
    const request = create(ClaimTasksRequestSchema, {
      worker: { id: worker, machineId: 'm', slots, freeSlots: slots, capabilities },
      maxTasks: slots,
      waitMs,
    });
    bridge.claimTasks(request, { signal: call.signal }).then(
      (answer: ClaimTasksResponse) => {
        state.tasks = answer.assignments.map((assignment) => assignment.taskId);
      },
      (error) => {
        state.error = error;
      },
    );
    return state;
  }

  return { clock, edge, nudges, bridge, stop, poll, running, ended: () => ended };
}

function heartbeat(taskId: string): AttemptReport {
  return create(AttemptReportSchema, { taskId, attempt: 1, event: { case: 'heartbeat', value: {} } });
}

function completed(taskId: string): AttemptReport {
  return create(AttemptReportSchema, { taskId, attempt: 1, event: { case: 'completed', value: {} } });
}

test('the queue is left alone while no worker waits', async () => {
  const { clock, nudges } = await setUp();
  nudges.waiting.push('a');
  await clock.advance(60_000);
  expect(nudges.pulls).toBe(0);
});

test('a nudge brings a waiting worker its task and is acknowledged after the claim', async () => {
  const { clock, edge, nudges, poll } = await setUp();
  const worker = poll('w');
  await clock.advance(IDLE_PULL_MS);
  expect(worker.tasks).toBeNull();
  edge.ready.push('a');
  nudges.waiting.push('a');
  await clock.advance(IDLE_PULL_MS);
  expect(worker.tasks).toEqual(['a']);
  expect(edge.claims.at(-1)?.hints).toEqual(['a']);
  expect(nudges.acked).toEqual(['a']);
});

test('nudges for work that is gone are acknowledged too', async () => {
  const { clock, nudges, poll } = await setUp();
  const worker = poll('w');
  nudges.waiting.push('gone', 'gone too');
  await clock.advance(IDLE_PULL_MS);
  expect(worker.tasks).toBeNull();
  expect(nudges.acked).toEqual(['gone', 'gone too']);
});

test('while nothing comes, the queue is pulled no more often than allowed and the edge is not asked', async () => {
  const { clock, edge, nudges, poll } = await setUp();
  poll('w');
  await clock.advance(10 * IDLE_PULL_MS);
  expect(nudges.pulls).toBeGreaterThan(8);
  expect(nudges.pulls).toBeLessThanOrEqual(11);
  expect(edge.claims).toHaveLength(1);
});

test('a bridge that starts looks at the edge at once: the nudges may have been taken by one that died', async () => {
  const { clock, edge, poll } = await setUp();
  edge.ready.push('a');
  const worker = poll('w');
  await clock.settle();
  expect(worker.tasks).toEqual(['a']);
});

test('one nudge is enough to hand out everything that is ready', async () => {
  const { clock, edge, nudges, poll } = await setUp();
  const workers = ['1', '2', '3', '4', '5'].map((id) => poll(id));
  await clock.advance(IDLE_PULL_MS);
  edge.ready.push('a', 'b', 'c', 'd', 'e');
  nudges.waiting.push('a');
  await clock.advance(IDLE_PULL_MS);
  expect(workers.map((worker) => worker.tasks)).toEqual([['a'], ['b'], ['c'], ['d'], ['e']]);
});

test('claims go side by side while they bear fruit', async () => {
  const { clock, edge, nudges, poll } = await setUp();
  const workers = ['1', '2', '3', '4', '5', '6', '7', '8'].map((id) => poll(id));
  await clock.advance(IDLE_PULL_MS);
  const claimTasks = edge.claimTasks;
  edge.claimTasks = async (request) => {
    await clock.sleep(100);
    return claimTasks(request);
  };
  edge.ready.push(...workers.map((_, i) => `task-${i}`));
  nudges.waiting.push('task-0');
  await clock.advance(IDLE_PULL_MS + 500);
  expect(workers.filter((worker) => worker.tasks === null)).toEqual([]);
});

test('a worker that finished something is claimed for at once, without a nudge', async () => {
  const { clock, edge, bridge, poll } = await setUp();
  poll('w', { waitMs: 100 });
  await clock.advance(200);
  expect(edge.claims).toHaveLength(1);
  void bridge.report(create(ReportRequestSchema, { reports: [completed('x')] }));
  await clock.settle();
  edge.ready.push('next');
  const worker = poll('w');
  await clock.settle();
  expect(worker.tasks).toEqual(['next']);
});

test('ready tasks in the answer to a heartbeat are claimed without a nudge', async () => {
  const { clock, edge, poll } = await setUp();
  const worker = poll('w');
  await clock.settle();
  edge.ready.push('a');
  await clock.advance(HEARTBEAT_MS);
  expect(worker.tasks).toEqual(['a']);
});

test('nothing for one kind of worker does not mean nothing for another', async () => {
  const { clock, edge, nudges, poll } = await setUp();
  const claimTasks = edge.claimTasks;
  edge.claimTasks = (request) => {
    const able = request.worker?.capabilities.includes('libsvtav1');
    return claimTasks(able ? request : { ...request, maxTasks: 0 });
  };
  const plain = poll('plain');
  const able = poll('able', { capabilities: ['libsvtav1'] });
  await clock.advance(IDLE_PULL_MS);
  edge.ready.push('av1');
  nudges.waiting.push('av1');
  await clock.advance(IDLE_PULL_MS);
  expect(plain.tasks).toBeNull();
  expect(able.tasks).toEqual(['av1']);
});

test('a poll ends empty when its time is over', async () => {
  const { clock, poll } = await setUp();
  const worker = poll('w', { waitMs: 3_000 });
  await clock.advance(2_999);
  expect(worker.tasks).toBeNull();
  await clock.advance(1);
  expect(worker.tasks).toEqual([]);
});

test('a claim that is under way when the poll ends is still handed over', async () => {
  const { clock, edge, poll } = await setUp();
  const claimTasks = edge.claimTasks;
  edge.claimTasks = async (request) => {
    await clock.sleep(2_000);
    return claimTasks(request);
  };
  edge.ready.push('a');
  const worker = poll('w', { waitMs: 1_000 });
  await clock.advance(1_500);
  expect(worker.tasks).toBeNull();
  await clock.advance(1_000);
  expect(worker.tasks).toEqual(['a']);
});

test('what was claimed for a worker that went away is given back at once', async () => {
  const { clock, edge, poll } = await setUp();
  const claimTasks = edge.claimTasks;
  edge.claimTasks = async (request) => {
    const answer = await claimTasks(request);
    await clock.sleep(1_000);
    return answer;
  };
  edge.ready.push('a');
  const worker = poll('w');
  await clock.advance(500);
  worker.hangUp();
  await clock.advance(500);
  expect(edge.told()).toEqual(['a/1 released']);
});

test('nudges go back to the queue when the edge is out of reach, and the queue rests until it answers', async () => {
  const { clock, edge, nudges, poll } = await setUp();
  const worker = poll('w');
  await clock.advance(IDLE_PULL_MS);
  edge.line = 'down';
  nudges.waiting.push('a');
  await clock.advance(IDLE_PULL_MS);
  expect(nudges.givenBack).toEqual(['a']);
  const pulls = nudges.pulls;
  await clock.advance(8_000);
  expect(nudges.pulls).toBe(pulls);
  edge.ready.push('a');
  edge.line = 'up';
  await clock.advance(2_500);
  expect(worker.tasks).toEqual(['a']);
});

test('a claim whose answer is lost does not hold up the worker for ever', async () => {
  const { clock, edge, poll } = await setUp();
  edge.line = 'silent';
  edge.ready.push('lost', 'found');
  const worker = poll('w');
  await clock.advance(1_000);
  edge.line = 'up';
  await clock.advance(6_000);
  expect(worker.tasks).toEqual(['found']);
});

test('an idle bridge calls the edge at every heartbeat and names the workers that wait', async () => {
  const { clock, edge, poll } = await setUp();
  poll('w');
  const before = edge.reportCalls.length;
  await clock.advance(3 * HEARTBEAT_MS);
  expect(edge.reportCalls.length - before).toBe(3);
  expect(edge.reportCalls.at(-1)?.workers.map((worker) => worker.id)).toEqual(['w']);
});

test('of a worker that leaves the edge is told at once', async () => {
  const { edge, bridge } = await setUp();
  const before = edge.reportCalls.length;
  await bridge.report(create(ReportRequestSchema, { workers: [{ id: 'w', slots: 0 }] }));
  expect(edge.reportCalls.length - before).toBe(1);
  expect(edge.reportCalls.at(-1)?.workers).toMatchObject([{ id: 'w', slots: 0 }]);
});

test('plain heartbeats of many workers go in one call, and each gets its own answer', async () => {
  const { clock, edge, bridge } = await setUp();
  edge.verdict = (report) => (report.taskId === 'b' ? Verdict.CANCELED : Verdict.ACCEPTED);
  const before = edge.reportCalls.length;
  const answers = ['a', 'b', 'c'].map((taskId) =>
    bridge.report(
      create(ReportRequestSchema, { workers: [{ id: taskId, slots: 1 }], reports: [heartbeat(taskId)] }),
    ),
  );
  await clock.advance(100);
  expect(edge.reportCalls.length - before).toBe(0);
  await clock.advance(150);
  const verdicts = (await Promise.all(answers)).map((response) => response.answers[0]?.verdict);
  expect(verdicts).toEqual([Verdict.ACCEPTED, Verdict.CANCELED, Verdict.ACCEPTED]);
  expect(edge.reportCalls.length - before).toBe(1);
  expect(edge.reportCalls.at(-1)?.workers).toEqual([]);
  await clock.advance(HEARTBEAT_MS);
  expect(edge.reportCalls.at(-1)?.workers.map((worker) => worker.id)).toEqual(['a', 'b', 'c']);
});

test('news goes at once and takes waiting heartbeats along', async () => {
  const { clock, edge, bridge } = await setUp();
  void bridge.report(create(ReportRequestSchema, { reports: [heartbeat('a')] }));
  void bridge.report(create(ReportRequestSchema, { reports: [completed('b')] }));
  await clock.settle();
  expect(edge.told()).toEqual(['a/1 heartbeat', 'b/1 completed']);
  expect(edge.reportCalls.at(-1)?.reports).toHaveLength(2);
});

test('a report that the edge asks to repeat is repeated, with one answer to the worker', async () => {
  const { clock, edge, bridge } = await setUp();
  let times = 0;
  edge.verdict = () => (++times < 3 ? Verdict.RETRY : Verdict.ACCEPTED);
  const answer = bridge.report(create(ReportRequestSchema, { reports: [completed('a')] }));
  await clock.advance(3_000);
  expect((await answer).answers[0]?.verdict).toBe(Verdict.ACCEPTED);
  expect(edge.told()).toEqual(['a/1 completed', 'a/1 completed', 'a/1 completed']);
});

test('a report outlives a short outage of the edge, and a long one is the worker’s to handle', async () => {
  const { clock, edge, bridge } = await setUp();
  edge.line = 'down';
  const short = bridge.report(create(ReportRequestSchema, { reports: [completed('short')] }));
  await clock.advance(1_000);
  edge.line = 'up';
  await clock.advance(2_000);
  expect((await short).answers[0]?.verdict).toBe(Verdict.ACCEPTED);

  edge.line = 'down';
  const long = bridge.report(create(ReportRequestSchema, { reports: [completed('long')] }));
  const outcome = expect(long).rejects.toMatchObject({ code: Code.Unavailable });
  await clock.advance(10_000);
  await outcome;
});

test('workers that could not be told of are told of with the next call', async () => {
  const { clock, edge, bridge } = await setUp();
  edge.line = 'down';
  await bridge.report(create(ReportRequestSchema, { workers: [{ id: 'busy' }] }));
  await clock.advance(HEARTBEAT_MS);
  edge.line = 'up';
  await clock.advance(HEARTBEAT_MS);
  expect(edge.reportCalls.at(-1)?.workers.map((worker) => worker.id)).toContain('busy');
});

test('a bridge that stops answers those who wait, sends what it holds and ends', async () => {
  const { clock, edge, nudges, bridge, stop, poll, ended, running } = await setUp();
  const worker = poll('w');
  await clock.advance(IDLE_PULL_MS);
  const beat = bridge.report(create(ReportRequestSchema, { reports: [heartbeat('a')] }));
  const pulls = nudges.pulls;
  stop.abort();
  await running;
  expect(worker.tasks).toEqual([]);
  expect((await beat).answers[0]?.verdict).toBe(Verdict.ACCEPTED);
  expect(edge.told()).toEqual(['a/1 heartbeat']);
  const late = poll('late');
  await clock.advance(5_000);
  expect(late.error).toMatchObject({ code: Code.Unavailable });
  expect(nudges.pulls).toBe(pulls);
  expect(ended()).toBe(true);
});

test('a bridge that stops during a claim hands over what the claim brings', async () => {
  const { clock, edge, stop, poll, running, ended } = await setUp();
  const claimTasks = edge.claimTasks;
  edge.claimTasks = async (request) => {
    const answer = await claimTasks(request);
    await clock.sleep(1_000);
    return answer;
  };
  edge.ready.push('a');
  const worker = poll('w');
  await clock.advance(100);
  stop.abort();
  await clock.advance(500);
  expect(ended()).toBe(false);
  await clock.advance(500);
  await running;
  expect(worker.tasks).toEqual(['a']);
});

test('a claim hangs below the nudge that led to it, and the worker goes on below the claim', async () => {
  const spans = createFakeTrace();
  const { clock, edge, nudges, poll } = await setUp(spans.trace);
  const given: string[] = [];
  const claimTasks = edge.claimTasks;
  edge.claimTasks = async (request) => {
    const answer = await claimTasks(request);
    for (const assignment of answer.assignments) assignment.traceparent = JOB;
    setTimeout(() => given.push(...answer.assignments.map((assignment) => assignment.traceparent)));
    return answer;
  };
  poll('w');
  await clock.advance(IDLE_PULL_MS);
  nudges.traceparent = JOB;
  edge.ready.push('a');
  nudges.waiting.push('a', 'gone');
  await clock.advance(IDLE_PULL_MS);
  edge.ready.push('b');
  poll('other');
  await clock.advance(HEARTBEAT_MS);
  await expect
    .poll(() => given.map(spans.pathOf))
    .toEqual(['caller > receive nudge > claim', 'caller > claim']);
  expect(spans.ended.filter((path) => path === 'caller > receive nudge')).toHaveLength(2);
  expect(spans.open()).toEqual([]);
});

const JOB = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
