import { writeFile } from 'node:fs/promises';
import { create, fromBinary, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  ReportRequestSchema,
  ReportResponseSchema,
  Verdict,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { taskResult } from '@millrace/shared/task/task-spec.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { acceptedJob, jobStatus, plannedJob, taskStates } from '../testing/job-driver.ts';
import { mediaInfoOf } from '../testing/media-info.ts';
import {
  loadReleasedFleet,
  RECORDED_FILE,
  type RecordedTask,
  type ReleasedFleet,
  recordedTasks,
  send,
} from '../testing/released-fleet.ts';
import { releasedSpec, wordsOf } from '../testing/released-worker.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

/*
 * Fleets are upgraded after the edge, machine by machine: this edge must go on with workers of the last release, and
 * bear those of a later one. worker-node/src/worker/released-edge.test.ts is the reverse.
 */

const PROFILE = {
  renditions: [{ height: 720 }, { height: 480, codec: 'hevc' as const }],
  measure_quality: true,
  packaging: ['hls' as const, 'mp4' as const],
};
const WORKER = {
  ...{ id: 'released', machineId: 'machine', slots: 8, freeSlots: 8, version: '0.1.0' },
  capabilities: ['libx264', 'libx265', 'aac', 'fetch-url'],
};

const assignment = z.looseObject({
  taskId: z.string(),
  attempt: z.number(),
  leaseToken: z.string(),
  jobId: z.string(),
  specJson: z.string(),
  leaseTtlMs: z.number(),
  startWithinMs: z.number(),
});
const claimed = z.object({ assignments: z.array(assignment).default([]) });
const answered = z.object({ answers: z.array(z.object({ verdict: z.string() })).default([]) });
const jsonObject = z.record(z.string(), z.json());

let opened: TestContext;
let ctx: Context;
let fleet: ReleasedFleet;
let recorded: RecordedTask[];
beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
  fleet = await loadReleasedFleet();
  if (process.env.RECORD_RELEASE) await record();
  recorded = await recordedTasks();
});
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.settled();
  await ctx.db.execute(sql`truncate jobs, outbox, workers cascade`);
});

/** A film with sound and subtitles. */
function mediaInfo() {
  const found = mediaInfoOf({ seconds: 12 });
  const subtitles = [
    { index: 0, codec: 'subrip', language: 'eng', title: null, isDefault: true, forced: false },
  ];
  return { ...found, source: { ...found.source, key: 'uploads/default/driven.mp4' }, subtitles };
}

async function claim(): Promise<z.infer<typeof assignment>[]> {
  const worker = { ...WORKER };
  return claimed.parse(await fleet.call(ctx, 'ClaimTasks', { worker, maxTasks: 8 })).assignments;
}

/** Reports as the release writes them; the verdicts as it reads them. */
async function report(...reports: JsonObject[]): Promise<string[]> {
  const answer = await fleet.call(ctx, 'Report', { workers: [{ ...WORKER }], reports });
  return answered.parse(answer).answers.map(({ verdict }) => verdict);
}

/** All that a worker of the release says of a task, from its start to its end. */
function reportsOf(given: z.infer<typeof assignment>): JsonObject[] {
  const { taskId, attempt, leaseToken } = given;
  const fence = { taskId, attempt, leaseToken };
  const words = wordsOf(releasedSpec.parse(JSON.parse(given.specJson)), mediaInfo());
  return [
    { ...fence, started: {} },
    { ...fence, heartbeat: jsonObject.parse(words.heartbeat) },
    { ...fence, completed: { resultJson: JSON.stringify(words.result), logTail: 'what ffmpeg said' } },
  ];
}

/** Takes a job from its analysis to the end. Everything that was given out on the way. */
async function playReleased(): Promise<{ jobId: string; given: z.infer<typeof assignment>[] }> {
  const jobId = await acceptedJob(ctx, PROFILE);
  const all: z.infer<typeof assignment>[] = [];
  for (let round = 0; round < 20; round++) {
    const given = await claim();
    if (given.length === 0) return { jobId, given: all };
    all.push(...given);
    for (const task of given) {
      for (const news of reportsOf(task)) expect(await report(news)).toEqual(['VERDICT_ACCEPTED']);
    }
    await opened.settled();
  }
  throw new Error('the job does not come to an end');
}

async function record(): Promise<void> {
  const { given } = await playReleased();
  const kinds = new Map<string, RecordedTask>();
  for (const task of given) {
    const spec = jsonObject.parse(JSON.parse(task.specJson));
    const { inputs: _in, outputs: _out, ...rest } = task;
    if (kinds.has(String(spec.kind))) continue;
    kinds.set(String(spec.kind), {
      ...{ kind: String(spec.kind), assignment: jsonObject.parse(rest), spec, reports: reportsOf(task) },
    });
  }
  await writeFile(
    RECORDED_FILE,
    `${JSON.stringify({ version: WORKER.version, tasks: [...kinds.values()] }, null, 1)}\n`,
  );
}

test('a worker of the last release takes a job from its beginning to its end', async () => {
  const { jobId, given } = await playReleased();
  expect(await jobStatus(ctx, jobId)).toBe('completed');
  const kinds = new Set(
    given.map(({ specJson }) => z.object({ kind: z.string() }).parse(JSON.parse(specJson)).kind),
  );
  expect([...kinds].sort()).toEqual(recorded.map(({ kind }) => kind).sort());
});

test('it finds in every task all that it found there then', async () => {
  const { given } = await playReleased();
  const missing = recorded.flatMap((then) => {
    const now = given.find(({ specJson }) => JSON.parse(specJson).kind === then.kind);
    if (!now) return [`no ${then.kind}`];
    const spec = jsonObject.parse(JSON.parse(now.specJson));
    return [
      ...lost(then.assignment, jsonObject.parse(now), then.kind),
      ...lost(then.spec, spec, `${then.kind} spec`),
    ];
  });
  expect(missing).toEqual([]);
  expect(recorded.length).toBeGreaterThan(7);
});

test('what it said of each kind of task is still understood', () => {
  for (const { reports } of recorded) {
    const end = z.object({ completed: z.object({ resultJson: z.string() }) }).parse(reports.at(-1));
    const result: unknown = JSON.parse(end.completed.resultJson);
    expect(taskResult.parse(result)).toMatchObject(jsonObject.parse(result));
  }
});

test('fields, codes and results of a later version are borne', async () => {
  await plannedJob(ctx, 12, PROFILE);
  const [first, second, third] = await claim();
  if (!first || !second || !third) throw new Error('too few tasks');
  for (const task of [first, second, third]) await report({ ...reportsOf(task)[0] });
  const fence = ({ taskId, attempt, leaseToken }: typeof first) => ({ taskId, attempt, leaseToken });

  expect(await report({ ...fence(first), failed: { code: 'gpu_lost', message: 'of 2030' } })).toEqual([
    'VERDICT_ACCEPTED',
  ]);
  const unknownKind = JSON.stringify({ kind: 'encode-hologram', depth: 3 });
  expect(await report({ ...fence(second), completed: { resultJson: unknownKind } })).toEqual([
    'VERDICT_ACCEPTED',
  ]);
  const rows = await rowsOf(
    ctx.db,
    sql`select failure_code, state from tasks where failure_code is not null`,
    z.object({ failure_code: z.string(), state: z.string() }),
  );
  expect(rows).toEqual(Array(2).fill({ failure_code: 'worker_error', state: 'ready' }));

  const [, heartbeat, end] = reportsOf(third);
  await report({ ...heartbeat });
  const done = z.object({ completed: z.object({ resultJson: z.string() }) }).parse(end);
  const more = JSON.stringify({ ...JSON.parse(done.completed.resultJson), joules: 12, lanes: [{ gpu: 0 }] });
  expect(await report({ ...fence(third), completed: { resultJson: more } })).toEqual(['VERDICT_ACCEPTED']);
});

test('news of a kind that only a later version knows changes nothing, and holds up nobody else’s', async () => {
  const jobId = await plannedJob(ctx, 12, PROFILE);
  const [first, second] = await claim();
  if (!first || !second) throw new Error('too few tasks');
  const news = new BinaryWriter();
  for (const [i, field] of [first.taskId, first.leaseToken].entries()) {
    news.tag(i === 0 ? 1 : 3, WireType.LengthDelimited).string(field);
  }
  news.tag(2, WireType.Varint).uint32(first.attempt);
  // Event 99 of AttemptReport, and field 77 of the request.
  news.tag(99, WireType.LengthDelimited).bytes(new Uint8Array([8, 1]));
  const known = create(ReportRequestSchema, {
    reports: [
      {
        ...{ taskId: second.taskId, attempt: second.attempt, leaseToken: second.leaseToken },
        event: { case: 'started', value: {} },
      },
    ],
  });
  const request = new BinaryWriter();
  request.tag(2, WireType.LengthDelimited).bytes(news.finish());
  request.tag(77, WireType.LengthDelimited).string('of 2030');
  const body = new Uint8Array([...request.finish(), ...toBinary(ReportRequestSchema, known)]);
  const { answers } = fromBinary(ReportResponseSchema, await send(ctx, 'Report', body));
  expect(answers.map(({ taskId, verdict }) => [taskId, verdict])).toEqual([
    [first.taskId, Verdict.ACCEPTED],
    [second.taskId, Verdict.ACCEPTED],
  ]);
  const started = await rowsOf(
    ctx.db,
    sql`select id from tasks where job_id = ${jobId}::uuid and state = 'running' and started`,
    z.object({ id: z.string() }),
  );
  expect(started).toEqual([{ id: second.taskId }]);
  expect(Object.values(await taskStates(ctx, jobId)).flat()).toContain('running');
});

test('a worker is given nothing that needs what it has never heard of', async () => {
  const jobId = await plannedJob(ctx, 12, PROFILE);
  await ctx.db.execute(
    sql`update tasks set needs = needs || array['hologram'] where job_id = ${jobId}::uuid`,
  );
  expect(await claim()).toEqual([]);
});

/** Paths of what was there and is there no more, or is of another type. Of a list, its first entry stands for all. */
function lost(then: JsonObject, now: JsonObject, path: string): string[] {
  return Object.entries(then).flatMap(([name, before]) => {
    const after = now[name];
    const here = `${path}.${name}`;
    if (before === null) return name in now ? [] : [here];
    if (after === undefined || after === null || typeof after !== typeof before) return [here];
    const [a, b] = Array.isArray(before)
      ? [before[0], Array.isArray(after) ? after[0] : null]
      : [before, after];
    const [object, other] = [jsonObject.safeParse(a), jsonObject.safeParse(b)];
    if (!object.success) return [];
    return other.success ? lost(object.data, other.data, here) : [here];
  });
}
