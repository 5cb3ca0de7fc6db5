import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createFileRegistry,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonObject,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { AssignmentSchema, ReportRequestSchema } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { taskSpec } from '@millrace/shared/task/task-spec.ts';
import { Registry } from 'prom-client';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createVirtualClock } from '../clock/virtual-clock.ts';
import { createFailoverClient } from '../fleet/failover-client.ts';
import { createFakeEdge } from '../testing/fake-edge.ts';
import { createFakeScratch } from '../testing/fake-scratch.ts';
import { silentLogger } from '../testing/silent-logger.ts';
import { createWorker } from './worker.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

/*
 * An edge may be rolled back under a fleet that was upgraded, and one may be upgraded over a fleet that was not. These
 * are this worker with the edge of the last release, and with one of a later release; edge/src/rpc/released-fleet.test.ts
 * is the reverse.
 */

const RELEASED = join(import.meta.dirname, '../../../shared/src/rpc/released');
const jsonObject = z.record(z.string(), z.json());
const recordedTask = z.object({ kind: z.string(), assignment: jsonObject, spec: jsonObject });

let releasedMessage: (name: string) => DescMessage;
let recorded: z.infer<typeof recordedTask>[];
beforeAll(async () => {
  const registry = createFileRegistry(
    fromBinary(FileDescriptorSetSchema, await readFile(join(RELEASED, 'api.binpb'))),
  );
  releasedMessage = (name) => registry.getMessage(`millrace.v1.${name}`) ?? expect.fail(`no ${name}`);
  const text = await readFile(join(RELEASED, 'fleet-messages.json'), 'utf8');
  recorded = z.object({ tasks: z.array(recordedTask) }).parse(JSON.parse(text)).tasks;
});

test('every kind of task that an edge of the last release gives out is understood', () => {
  const schema = releasedMessage('Assignment');
  for (const { kind, assignment, spec } of recorded) {
    const bytes = toBinary(schema, fromJson(schema, assignment, { ignoreUnknownFields: true }));
    const read = fromBinary(AssignmentSchema, bytes);
    expect([kind, read.taskId, read.leaseToken, read.attempt]).toEqual([
      kind,
      assignment.taskId,
      assignment.leaseToken,
      assignment.attempt,
    ]);
    expect(taskSpec.parse(JSON.parse(read.specJson))).toMatchObject(spec);
  }
  expect(recorded.length).toBeGreaterThan(7);
});

test('an edge of the last release reads what this worker says, but for what it has never heard of', () => {
  const fence = { taskId: 't', attempt: 3, leaseToken: 'token' };
  const init = { track: '720p', name: '720p/init.mp4', sha256: 'aa', sizeBytes: '5', codecs: 'avc1' };
  const segment = { track: '720p', number: 4, name: '720p/00004.m4s', sizeBytes: '9', length: '60' };
  const segments = [{ ...segment, initSha256: 'aa' }];
  const events: JsonObject[] = [
    { started: {} },
    { heartbeat: { workDone: '7', inits: [{ ...init, width: 1, height: 1 }], segments } },
    { completed: { resultJson: '{"kind":"publish"}', logTail: 'log' } },
    { failed: { code: 'encoder_failed', message: 'why', logTail: 'log' } },
    { released: { reason: 'drain' } },
  ];
  const worker = { id: 'w', machineId: 'm', slots: 2, freeSlots: 1, capabilities: ['libx264'], version: '9' };
  const always = { workers: [worker], reports: events.map((event) => ({ ...fence, ...event })) };
  // What has come since.
  const reports = always.reports.map((report) => ({ ...report, sourceBytesRead: '5' }));
  const said = fromJson(ReportRequestSchema, { ...always, reports });
  const schema = releasedMessage('ReportRequest');
  expect(toJson(schema, fromBinary(schema, toBinary(ReportRequestSchema, said)))).toMatchObject(always);
});

test('a task of a kind that only a later release knows fails by itself, and the next is worked on', async () => {
  const clock = createVirtualClock();
  const edge = createFakeEdge('{"kind":"encode-hologram","depth":3}');
  const claimTasks = edge.claimTasks;
  edge.claimTasks = async (request, options) => {
    if (edge.ready.length === 0) await clock.sleep(1_000, options?.signal);
    return claimTasks(request, options);
  };
  const worker = createWorker({
    clock,
    random: () => 0.5,
    fleet: createFailoverClient([edge]),
    runTask: async () => expect.fail('nobody knows how'),
    identity: { id: 'w', machineId: 'm', slots: 1, capabilities: ['libx264'], version: '1' },
    scratch: createFakeScratch(),
    log: silentLogger(),
    metrics: createWorkerMetrics(new Registry()),
    waitMs: 25_000,
  });
  const stop = new AbortController();
  const running = worker.run(stop.signal);
  edge.ready.push('t1', 't2');
  await clock.advanceUntil(() => edge.told().filter((news) => news.endsWith(' failed')).length === 2, 60_000);
  expect(edge.told()).toEqual(['t1/1 started', 't1/1 failed', 't2/1 started', 't2/1 failed']);
  const codes = edge.reportCalls.flatMap(({ reports }) =>
    reports.flatMap(({ event }) => (event.case === 'failed' ? [event.value.code] : [])),
  );
  expect(codes).toEqual(['worker_error', 'worker_error']);
  stop.abort();
  await clock.advanceUntil(() => true, 60_000);
  await running;
});
