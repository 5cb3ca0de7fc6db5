import { profileObject } from '@millrace/shared/media/profile.ts';
import { type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { planGraph } from '../jobs/plan-graph.ts';
import { publishJob } from '../jobs/publish-job.ts';
import {
  acceptedJob,
  announce,
  claimStarted,
  completeClaimed,
  fenceOf,
  jobStatus,
  plannedJob,
  runEverything,
  taskStates,
  WORKER,
} from '../testing/job-driver.ts';
import { mediaInfoOf } from '../testing/media-info.ts';
import { blocked, openSession } from '../testing/second-session.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { claimTasks } from './claim-tasks.ts';
import { completeStatement } from './complete-task.ts';

/* What two at the same time must not break. The two connections take their turns at marked points, not by luck. */

const SILENT = { renditions: [{ height: 480 }], storyboard: false };

let opened: TestContext;
let ctx: Context;

beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
});
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.settled();
  await ctx.db.execute(sql`truncate jobs, outbox, workers cascade`);
});

describe('two transactions that interleave', () => {
  test('two last dependencies that finish together unlock their successor', async () => {
    const jobId = await plannedJob(ctx, 4, { ...SILENT, packaging: ['mp4'] });
    const [video, audio, poster] = await claimStarted(ctx, 8);
    if (!video || !audio || !poster) throw new Error('expected a chunk, a track and a poster');
    await completeClaimed(ctx, poster);
    await announce(ctx, fenceOf(video), ['480p'], 0, [50, 50]);
    const done = (task: typeof video) =>
      completeStatement({
        ...fenceOf(task),
        ...{ result: { kind: 'publish' }, logTail: '', segmentsPerTrack: 0, graph: null },
      });

    await interleave(done(video), done(audio));

    expect(await taskStates(ctx, jobId)).toMatchObject({ assemble: ['ready'], publish: ['blocked'] });
  });

  test('a cancel that waited for the planner cancels what was planned meanwhile', async () => {
    const jobId = await acceptedJob(ctx);
    const [analyze] = await claimStarted(ctx, 1);
    if (!analyze) throw new Error('analyze was not claimable');
    const mediaInfo = mediaInfoOf({ seconds: 60 });
    const profile = profileObject.parse({ ...SILENT, packaging: ['hls'] });
    const request = { mediaInfo, profile, fleet: { slots: 2 }, sidecars: [] };
    const planned = planGraph(request, ctx.random.uuid);
    if (!('graph' in planned)) throw new Error('not plannable');
    const plan = completeStatement({
      ...fenceOf(analyze),
      ...{ result: { kind: 'analyze', mediaInfo, build: '' }, logTail: '', segmentsPerTrack: 0 },
      graph: planned.graph,
    });

    const planner = await openSession(ctx);
    await planner.query('begin');
    await run(planner, plan);
    const canceling = cancelJob(ctx, { projectId: 'default', jobId, actor: 'test' });
    await blocked(planner);
    await planner.query('commit');
    await canceling;
    await planner.end();

    const states = Object.values(await taskStates(ctx, jobId)).flat();
    expect(states.length).toBeGreaterThan(5);
    expect(states.filter((state) => state !== 'done')).toEqual(Array(states.length - 1).fill('canceled'));
  });
});

describe('many at once', () => {
  test('no two claims share a task, and together they leave none', async () => {
    const jobId = await plannedJob(ctx, 120, { ...SILENT, packaging: ['hls'] });
    const claims = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        claimTasks(ctx, { ...WORKER, id: `w${i}`, slots: 40, freeSlots: 40 }, 3),
      ),
    );
    const ids = claims.flat().map((task) => task.id);
    expect(new Set(ids).size).toBe(ids.length);
    const rest = await claimTasks(ctx, { ...WORKER, slots: 40, freeSlots: 40 }, 40);
    const states = await taskStates(ctx, jobId);
    expect(states['encode-video']?.every((state) => state === 'running')).toBe(true);
    expect(ids.length + rest.length).toBe((states['encode-video']?.length ?? 0) + 2);
  });

  test('of ten publishers exactly one publishes', async () => {
    const jobId = await plannedJob(ctx);
    const { publishTaskId } = await runEverything(ctx);
    if (!publishTaskId) throw new Error('publish did not become ready');
    await Promise.all(Array.from({ length: 10 }, () => publishJob(ctx, publishTaskId)));
    expect(await jobStatus(ctx, jobId)).toBe('completed');
    const events = await rowsOf(
      ctx.db,
      sql`select type from job_events where job_id = ${jobId}::uuid and type = 'job.completed'`,
      z.object({ type: z.string() }),
    );
    expect(events).toHaveLength(1);
    const renditions = await rowsOf(
      ctx.db,
      sql`select name, output_key from renditions where job_id = ${jobId}::uuid order by position`,
      z.object({ name: z.string(), output_key: z.string() }),
    );
    expect(renditions.map((r) => r.name)).toEqual(['1080p', '720p', '480p']);
  });

  test('the same completion sent ten times at once counts once', async () => {
    const jobId = await plannedJob(ctx);
    const claimed = await claimStarted(ctx, 8);
    const poster = claimed.find((task) => task.spec.kind === 'poster');
    if (!poster) throw new Error('no poster task');
    const answers = await Promise.all(Array.from({ length: 10 }, () => completeClaimed(ctx, poster)));
    expect(new Set(answers.map((answer) => answer.verdict))).toEqual(new Set(['accepted']));
    const [publish] = await rowsOf(
      ctx.db,
      sql`select deps_left from tasks where job_id = ${jobId}::uuid and kind = 'publish'`,
      z.object({ deps_left: z.number() }),
    );
    expect(publish?.deps_left).toBe(4);
  });
});

/** Runs `first` and leaves its transaction open, lets `second` run into its locks, then commits both. */
async function interleave(first: SQL, second: SQL): Promise<void> {
  const [a, b] = [await openSession(ctx), await openSession(ctx)];
  await a.query('begin');
  await run(a, first);
  await b.query('begin');
  const waiting = run(b, second);
  await blocked(a);
  await a.query('commit');
  await waiting;
  await b.query('commit');
  await a.end();
  await b.end();
}

async function run(client: pg.Client, statement: SQL): Promise<void> {
  const { sql: text, params } = new PgDialect().sqlToQuery(statement);
  await client.query(text, params);
}
