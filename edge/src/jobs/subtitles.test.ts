import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { jobs, uploads } from '../db/schema.ts';
import { eraseJob } from '../erasure/erase-job.ts';
import { eraseUpload } from '../erasure/erase-upload.ts';
import { retain } from '../erasure/retain.ts';
import { inputsOf } from '../rpc/sign-assignment.ts';
import { acceptResult } from '../tasks/accept-result.ts';
import { BUILD, claimStarted, fenceOf, submitJob } from '../testing/job-driver.ts';
import { mediaInfoOf } from '../testing/media-info.ts';
import { daysAgo, storeProject, storeUpload, sweepAll } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { completeUpload } from '../uploads/complete-upload.ts';
import { createSingle } from '../uploads/create-single.ts';
import { retryJob } from './retry-job.ts';

const projectId = 'default';
const actor = 'test';

let opened: TestContext;
let ctx: Context;
let film: { uploadId: string; sourceKey: string };
beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
});
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.settled();
  await ctx.db.execute(sql`truncate jobs, uploads, outbox, workers, erasures, erasure_receipts cascade`);
  film = await storeUpload(ctx, { etag: '"film"' });
});

const text = (row: Parameters<typeof storeUpload>[1] = {}) =>
  storeUpload(ctx, { filename: 'film.srt', etag: '"text"', ...row });
const jobRow = async (id: string) => (await ctx.db.select().from(jobs).where(eq(jobs.id, id)))[0];
const end = (jobId: string, status: 'failed' | 'completed', daysPast = 0) =>
  ctx.db
    .update(jobs)
    .set({ status, finishedAt: daysAgo(daysPast) })
    .where(eq(jobs.id, jobId));
const left = async () => (await ctx.db.select().from(uploads)).map((row) => row.id);

async function withText(uploadId: string): Promise<string> {
  return submitJob(ctx, { input_key: film.sourceKey, subtitles: [{ upload_id: uploadId }] });
}

test('files become tracks of the plan, and tasks that read them', async () => {
  const english = await text();
  const german = await text({ filename: 'film.VTT', etag: '"other"' });
  const jobId = await submitJob(ctx, {
    input_key: film.sourceKey,
    subtitles: [
      { upload_id: german.uploadId, language: 'de', label: 'Deutsch' },
      { input_key: english.sourceKey, language: 'en' },
    ],
  });
  const [task] = await claimStarted(ctx, 1);
  if (!task) throw new Error('analyze was not claimable');
  const media = mediaInfoOf({ seconds: 4 });
  const mediaInfo = { ...media, source: { ...media.source, key: film.sourceKey } };
  const result = { kind: 'analyze' as const, mediaInfo, build: BUILD };
  await acceptResult(ctx, { ...fenceOf(task), result, logTail: '' });
  expect((await jobRow(jobId))?.plan).toMatchObject({
    subtitles: [
      { track: 'subs-0', language: 'de', title: 'Deutsch' },
      { track: 'subs-1', language: 'en', title: null },
    ],
  });
  const tasks = (await claimStarted(ctx, 8)).filter(({ spec }) => spec.kind === 'subtitles');
  expect(tasks.map(({ spec }) => spec)).toMatchObject([
    { from: { sidecar: { key: german.sourceKey, format: 'vtt', etag: '"other"', sizeBytes: 8 } } },
    { from: { sidecar: { key: english.sourceKey, format: 'srt' } } },
  ]);
  expect(tasks.map(inputsOf)).toEqual([
    [{ name: 'sidecar', key: german.sourceKey }],
    [{ name: 'sidecar', key: english.sourceKey }],
  ]);
});

describe('what is refused', () => {
  const submit = (subtitles: { upload_id?: string; input_key?: string }[], input_key = film.sourceKey) =>
    submitJob(ctx, { input_key, subtitles }).then(
      () => 'created',
      (error: { code: string; message: string }) => [error.code, error.message],
    );

  test('an upload that is not complete, not there, or of another project', async () => {
    await storeProject(ctx, 'elsewhere');
    const foreign = await text({ projectId: 'elsewhere' });
    const pending = await text({ status: 'pending' });
    const fine = await text();
    for (const upload_id of [foreign.uploadId, pending.uploadId, ctx.random.uuid()]) {
      const message = `subtitles.1: there is no completed upload "${upload_id}". Upload it first.`;
      expect(await submit([{ upload_id: fine.uploadId }, { upload_id }])).toEqual([
        'subtitles_not_found',
        message,
      ]);
    }
    expect(await submit([{ input_key: foreign.sourceKey }])).toMatchObject(['subtitles_not_found', {}]);
    expect(await ctx.db.select().from(jobs)).toEqual([]);
  });

  test('a file that is no subtitles, or too many of them', async () => {
    expect(await submit([{ upload_id: film.uploadId }])).toMatchObject(['unsupported_subtitles', {}]);
    const large = await text({ sizeBytes: 9 * 1024 ** 2 });
    expect(await submit([{ upload_id: large.uploadId }])).toMatchObject(['unsupported_subtitles', {}]);
  });

  test('subtitles as the source', async () => {
    const { sourceKey } = await text();
    expect(await submit([], sourceKey)).toMatchObject(['source_not_media', {}]);
  });

  test('subtitles beside a source that nobody confirmed are looked at too', async () => {
    const unconfirmed = `uploads/default/${ctx.random.uuid()}/a.mp4`;
    await ctx.storage.putOnce(unconfirmed, 'bytes', 'video/mp4');
    expect(await submit([{ upload_id: film.uploadId }], unconfirmed)).toMatchObject([
      'unsupported_subtitles',
      {},
    ]);
    const { uploadId } = await text();
    expect(await submit([{ upload_id: uploadId }], unconfirmed)).toBe('created');
    const [job] = await ctx.db.select().from(jobs);
    expect(job?.sidecars).toHaveLength(1);
  });
});

describe('a file is kept as a source is', () => {
  test('while its job runs it is in use; afterwards the job is not retried without it', async () => {
    const { uploadId } = await text();
    const jobId = await withText(uploadId);
    const erase = () => eraseUpload(ctx, { projectId, uploadId, actor });
    await expect(erase()).rejects.toMatchObject({ code: 'upload_in_use' });
    await end(jobId, 'failed');
    await erase();
    expect(await left()).toEqual([film.uploadId]);
    await expect(retryJob(ctx, { projectId, jobId, actor })).rejects.toMatchObject({
      code: 'source_not_found',
    });
  });

  test('a legal hold on its job keeps it', async () => {
    const { uploadId } = await text();
    const jobId = await withText(uploadId);
    await end(jobId, 'completed');
    await ctx.db.update(jobs).set({ legalHold: true });
    await expect(eraseUpload(ctx, { projectId, uploadId, actor })).rejects.toMatchObject({
      code: 'legal_hold',
    });
  });

  test('it goes with its job, unless another one reads it', async () => {
    const { uploadId, sourceKey } = await text();
    const first = await withText(uploadId);
    const second = await withText(uploadId);
    await eraseJob(ctx, { projectId, jobId: first, actor });
    await sweepAll(ctx, { urlsExpired: true });
    expect((await left()).sort()).toEqual([film.uploadId, uploadId].sort());
    expect(await ctx.storage.head(sourceKey)).not.toBeNull();
    await eraseJob(ctx, { projectId, jobId: second, actor });
    await sweepAll(ctx, { urlsExpired: true });
    expect(await left()).toEqual([]);
    expect(await ctx.storage.head(sourceKey)).toBeNull();
    expect(await ctx.storage.head(film.sourceKey)).toBeNull();
  });

  test('a job that comes to read it before the sweep keeps it', async () => {
    const { uploadId, sourceKey } = await text();
    const jobId = await withText(uploadId);
    const row = await jobRow(jobId);
    await eraseJob(ctx, { projectId, jobId, actor });
    await ctx.db
      .insert(jobs)
      .values({ ...row, id: ctx.random.uuid(), sourceKey: null } as typeof jobs.$inferInsert);
    await sweepAll(ctx, { urlsExpired: true });
    expect(await ctx.storage.head(sourceKey)).not.toBeNull();
  });

  test('retention takes it, with the source, when the time of its last job is over', async () => {
    await ctx.db.execute(
      sql`update projects set keep_sources_days = 10, retain_at = now() where id = 'default'`,
    );
    const { uploadId, sourceKey } = await text();
    const jobId = await withText(uploadId);
    await ctx.db.update(uploads).set({ createdAt: daysAgo(30), completedAt: daysAgo(30) });
    await end(jobId, 'completed', 5);
    await retain(ctx);
    expect(await left()).toHaveLength(2);
    await end(jobId, 'completed', 20);
    await ctx.db.execute(sql`update projects set retain_at = now() where id = 'default'`);
    await retain(ctx);
    await sweepAll(ctx, { urlsExpired: true });
    expect(await left()).toEqual([]);
    expect(await ctx.storage.head(sourceKey)).toBeNull();
    expect(await jobRow(jobId)).toMatchObject({
      sourceErasedAt: expect.any(Date),
      sidecars: [{ file: { key: sourceKey }, erased: true }],
    });
    await ctx.db.execute(sql`update projects set keep_sources_days = null where id = 'default'`);
  });
});

describe('uploading them', () => {
  const SRT = '1\n00:00:01,000 --> 00:00:02,000\nHello\n';
  async function sent(filename: string, body: string) {
    const sizeBytes = body.length;
    const made = await createSingle(ctx, {
      projectId,
      actor,
      filename,
      contentType: 'text/plain',
      sizeBytes,
    });
    await ctx.storage.putOnce(made.inputKey, body, 'text/plain');
    return completeUpload(ctx, { projectId, uploadId: made.uploadId, actor, parts: null, etag: null });
  }

  test('text that is what its name says completes', async () => {
    expect((await sent('film.srt', SRT)).status).toBe('completed');
    expect((await sent('film.vtt', 'WEBVTT\n')).status).toBe('completed');
  });

  test('anything else is deleted, and text under the name of a film as well', async () => {
    for (const [filename, body] of [
      ['film.vtt', SRT],
      ['film.srt', 'hello'],
      ['film.mp4', SRT],
    ] as const) {
      await expect(sent(filename, body)).rejects.toMatchObject({ code: 'upload_not_media' });
    }
  });

  test('more than 8 MiB are not begun', async () => {
    const file = { projectId, actor, contentType: 'text/plain', sizeBytes: 8 * 1024 ** 2 + 1 };
    await expect(createSingle(ctx, { ...file, filename: 'film.srt' })).rejects.toMatchObject({
      code: 'source_too_large',
    });
    expect((await createSingle(ctx, { ...file, filename: 'film.mp4' })).uploadId).toEqual(expect.any(String));
  });
});
