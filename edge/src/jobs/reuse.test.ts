import type { profileInput } from '@millrace/shared/media/profile.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { acceptResult } from '../tasks/accept-result.ts';
import { announce, BUILD, claimStarted, completeClaimed, fenceOf, submitJob } from '../testing/job-driver.ts';
import { mediaInfoOf } from '../testing/media-info.ts';
import { storeUpload } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { cancelJob } from './cancel-job.ts';

/* What was made once is not made again. The fleet is played; what it is asked to do is what counts. */

type Asked = Exclude<z.input<typeof profileInput>, string>;

let opened: TestContext;
let ctx: Context;
let sourceKey = '';

beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
});
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.settled();
  await ctx.db.execute(sql`truncate jobs, uploads, outbox, workers cascade`);
  ({ sourceKey } = await storeUpload(ctx, { etag: '"first"' }));
});

const LADDER: Asked = { renditions: [{ height: 1080 }, { height: 720 }], packaging: ['hls', 'mp4'] };
const SECONDS = 60;

interface Found {
  build?: string;
  digest?: string | null;
  seconds?: number;
}

/** A job that was analyzed and planned. */
async function planned(profile: Asked, key = sourceKey, found: Found = {}): Promise<string> {
  const jobId = await submitJob(ctx, { input_key: key, profile });
  const [task] = await claimStarted(ctx, 1);
  if (task?.job_id !== jobId) throw new Error('analyze was not claimable');
  const media = { ...mediaInfoOf({ seconds: found.seconds ?? SECONDS }), digest: found.digest ?? null };
  const mediaInfo = { ...media, source: { ...media.source, key } };
  const result = { kind: 'analyze' as const, mediaInfo, build: found.build ?? BUILD };
  const answer = await acceptResult(ctx, { ...fenceOf(task), result, logTail: '' });
  expect(answer.verdict).toBe('accepted');
  return jobId;
}

/** Runs what the fleet is offered, until nothing is; says what that was. */
async function run(only: (kind: string) => boolean = () => true): Promise<string[]> {
  const done: string[] = [];
  for (;;) {
    const claimed = await claimStarted(ctx, 8);
    const wanted = claimed.filter((task) => only(task.spec.kind));
    for (const task of wanted) {
      await completeClaimed(ctx, task);
      const { spec } = task;
      done.push(spec.kind === 'encode-video' ? spec.renditions.map((r) => r.name).join('+') : spec.kind);
    }
    if (wanted.length === 0) return done;
  }
}

async function made(profile: Asked = LADDER, key = sourceKey, found: Found = {}): Promise<string> {
  const jobId = await planned(profile, key, found);
  await run();
  return jobId;
}

const taskRow = z.object({
  kind: z.string(),
  state: z.string(),
  reused: z.boolean(),
  deps_left: z.number(),
});
const tasksOf = (jobId: string) =>
  rowsOf(
    ctx.db,
    sql`select kind, state, reused_from is not null as reused, deps_left from tasks
        where job_id = ${jobId}::uuid order by rank, kind, id`,
    taskRow,
  );

const pieces = (jobId: string) =>
  rowsOf(
    ctx.db,
    sql`
      select track || '/' || number as name, object_key from segments where job_id = ${jobId}::uuid
      union all select name, init_key from tracks where job_id = ${jobId}::uuid
      union all select name, object_key from files where job_id = ${jobId}::uuid
      order by name`,
    z.object({ name: z.string(), object_key: z.string() }),
  );

async function fleetOf(slots: number): Promise<void> {
  await ctx.db.execute(sql`
    insert into workers (id, machine_id, slots, free_slots, capabilities, version)
    values ('big', 'big', ${slots}, 0, '{}', '1')
    on conflict (id) do update set slots = excluded.slots, last_seen_at = now()`);
}

test('the same upload twice is encoded once, and the second job goes straight to publish', async () => {
  const first = await made();
  const second = await planned(LADDER);
  const tasks = await tasksOf(second);
  expect(tasks.filter((task) => task.state !== 'done')).toEqual([
    { kind: 'publish', state: 'ready', reused: false, deps_left: 0 },
  ]);
  expect(tasks.filter((task) => !task.reused).map((task) => task.kind)).toEqual(['analyze', 'publish']);
  expect(await pieces(second)).toEqual(await pieces(first));
  expect((await pieces(second)).length).toBeGreaterThan(30);
  const [row] = await rowsOf(
    ctx.db,
    sql`select tasks_left, playable_at is not null as playable from jobs where id = ${second}::uuid`,
    z.object({ tasks_left: z.number(), playable: z.boolean() }),
  );
  expect(row).toEqual({ tasks_left: 1, playable: true });
  const told = await rowsOf(
    ctx.db,
    sql`select number, type from job_events where job_id = ${second}::uuid order by number`,
    z.object({ number: z.number(), type: z.string() }),
  );
  expect(told.map(({ number }) => number)).toEqual(told.map((_, i) => i + 1));
  expect(told.filter(({ type }) => type === 'rendition.completed')).toHaveLength(2);
});

test('a fleet that has grown meanwhile changes nothing about that', async () => {
  await fleetOf(2);
  await made();
  await fleetOf(64);
  const second = await planned(LADDER);
  expect((await tasksOf(second)).filter((task) => task.state !== 'done')).toHaveLength(1);
});

test('one more rendition encodes only that one, scaled through those above it', async () => {
  await made();
  const more = { ...LADDER, renditions: [{ height: 1080 }, { height: 720 }, { height: 480 }] };
  const jobId = await planned(more);
  const [chunk] = await claimStarted(ctx, 1);
  expect(chunk?.spec).toMatchObject({
    renditions: [{ name: '480p' }],
    chain: [{ name: '1080p' }, { name: '720p' }, { name: '480p' }],
  });
  if (chunk) await completeClaimed(ctx, chunk);
  const done = await run();
  expect(new Set(done)).toEqual(new Set(['480p', 'storyboard', 'assemble']));
  expect(done.filter((kind) => kind === 'assemble')).toHaveLength(1);
  expect(await tasksOf(jobId)).toContainEqual({
    kind: 'publish',
    state: 'ready',
    reused: false,
    deps_left: 0,
  });
  // And once more, with everything from a job that itself took things over.
  const third = await planned(more);
  expect((await tasksOf(third)).filter((task) => !task.reused)).toHaveLength(2);
  expect(await pieces(third)).toEqual(await pieces(jobId));
});

test('a rung between others changes those below it, and only those', async () => {
  await made({ ...LADDER, renditions: [{ height: 1080 }, { height: 480 }] });
  await planned({ ...LADDER, renditions: [{ height: 1080 }, { height: 720 }, { height: 480 }] });
  expect(new Set(await run())).toEqual(new Set(['720p+480p', 'storyboard', 'assemble']));
});

test('publish waits for encoders of renditions that nothing else reads', async () => {
  const hls: Asked = { ...LADDER, packaging: ['hls'] };
  await made(hls);
  const jobId = await planned({ ...hls, renditions: [{ height: 1080, crf: 30 }, { height: 720 }] });
  const publish = (await tasksOf(jobId)).find((task) => task.kind === 'publish');
  expect(publish?.state).toBe('blocked');
  expect(new Set(await run())).toEqual(new Set(['1080p']));
  expect((await tasksOf(jobId)).find((task) => task.kind === 'publish')?.state).toBe('ready');
});

test('names that differ are no obstacle: tracks and files come under those of the new job', async () => {
  const hevc = { height: 720, codec: 'hevc' as const };
  const first = await made({ ...LADDER, renditions: [hevc] });
  const second = await planned({ ...LADDER, renditions: [{ height: 720 }, hevc] });
  const names = (await pieces(second)).map(({ name }) => name);
  expect(names).toContain('720p-hevc/0');
  expect(names).toContain('720p-hevc.mp4');
  const keys = (await pieces(second)).map(({ object_key }) => object_key);
  expect(keys).toContain((await pieces(first)).find(({ name }) => name === '720p.mp4')?.object_key);
  expect(new Set(await run())).toEqual(new Set(['720p', 'storyboard', 'assemble']));
});

test.each([
  ['another source', { key: true }],
  ['another build', { build: 'other' }],
  ['another length', { seconds: 59 }],
  ['bytes that are known by a digest now', { digest: 'sha-256:x' }],
])('nothing is taken over from %s', async (_what, { key, ...found }: Found & { key?: boolean }) => {
  await made();
  const other = key ? (await storeUpload(ctx, { etag: '"second"' })).sourceKey : sourceKey;
  const jobId = await planned(LADDER, other, found);
  expect((await tasksOf(jobId)).filter((task) => task.reused)).toEqual([]);
});

test('the same bytes under another key are the same source', async () => {
  await made();
  const { sourceKey: again } = await storeUpload(ctx, { etag: '"first"' });
  expect((await tasksOf(await planned(LADDER, again))).filter((task) => !task.reused)).toHaveLength(2);
});

test('a profile that turns reuse off takes nothing, and gives', async () => {
  await made();
  const fresh = await planned({ ...LADDER, reuse: false });
  expect((await tasksOf(fresh)).filter((task) => task.reused)).toEqual([]);
  await ctx.db.execute(sql`delete from jobs where id <> ${fresh}::uuid`);
  await run();
  expect((await tasksOf(await planned(LADDER))).filter((task) => !task.reused)).toHaveLength(2);
});

test('another project takes nothing', async () => {
  await made();
  await ctx.db.execute(sql`insert into projects (id) values ('other') on conflict do nothing`);
  await ctx.db.execute(sql`update jobs set project_id = 'other'`);
  await ctx.db.execute(sql`update tasks set project_id = 'other'`);
  expect((await tasksOf(await planned(LADDER))).filter((task) => task.reused)).toEqual([]);
});

test('what a canceled job had finished is kept for the next', async () => {
  const first = await planned(LADDER);
  const [chunk] = await claimStarted(ctx, 1);
  if (chunk) await completeClaimed(ctx, chunk);
  await cancelJob(ctx, { projectId: 'default', jobId: first, actor: 'test' });
  const second = await planned(LADDER);
  expect((await tasksOf(second)).filter((task) => task.reused).map((task) => task.kind)).toEqual([
    'encode-video',
  ]);
  await run();
  expect((await pieces(second)).filter(({ name }) => /\/\d+$/.test(name)).length).toBeGreaterThan(30);
});

test('chunks that do not share an initialisation segment are not mixed', async () => {
  const odd = await planned(LADDER);
  const opening = (await claimStarted(ctx, 8)).find(({ spec }) => spec.kind === 'encode-video');
  if (opening?.spec.kind !== 'encode-video') throw new Error('no chunk was claimable');
  const tracks = opening.spec.renditions.map((rendition) => rendition.name);
  await announce(ctx, fenceOf(opening), tracks, 0, [50], 'odd');
  const result = { kind: 'encode-video' as const, frames: 50, segments: 1, encoder: 'odd' };
  await acceptResult(ctx, { ...fenceOf(opening), result, logTail: '' });
  await cancelJob(ctx, { projectId: 'default', jobId: odd, actor: 'test' });

  // Another one gets as far as its sound and a later chunk, of an encoder like all others.
  const plain = await planned({ ...LADDER, reuse: false });
  for (const task of await claimStarted(ctx, 8)) {
    const isLater = task.spec.kind === 'encode-video' && task.spec.chunk.index === 1;
    if (isLater || task.spec.kind === 'encode-audio') await completeClaimed(ctx, task);
  }
  await cancelJob(ctx, { projectId: 'default', jobId: plain, actor: 'test' });

  const reused = (await tasksOf(await planned(LADDER))).filter((task) => task.reused);
  expect(reused.map((task) => task.kind)).toEqual(['encode-video', 'encode-audio']);
});

test('subtitles and samples of quality are taken over too', async () => {
  const asked: Asked = { ...LADDER, measure_quality: true };
  const withText = async () => {
    const jobId = await submitJob(ctx, { input_key: sourceKey, profile: asked });
    const [task] = await claimStarted(ctx, 1);
    if (task?.job_id !== jobId) throw new Error('analyze was not claimable');
    const media = mediaInfoOf({ seconds: SECONDS });
    const track = {
      index: 0,
      codec: 'mov_text',
      language: 'en',
      title: null,
      isDefault: true,
      forced: false,
    };
    const mediaInfo = { ...media, source: { ...media.source, key: sourceKey }, subtitles: [track] };
    await acceptResult(ctx, {
      ...fenceOf(task),
      result: { kind: 'analyze', mediaInfo, build: BUILD },
      logTail: '',
    });
    return jobId;
  };
  await withText();
  expect(await run()).toEqual(expect.arrayContaining(['subtitles', 'measure-quality']));
  const second = await withText();
  expect((await tasksOf(second)).filter((task) => !task.reused)).toHaveLength(2);
  expect((await pieces(second)).map(({ name }) => name)).toContain('subs-0.vtt');
});
