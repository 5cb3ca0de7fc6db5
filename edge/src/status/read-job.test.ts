import { randomUUID } from 'node:crypto';
import { Redis } from '@upstash/redis/cloudflare';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openRedis } from '../cache/redis-gate.ts';
import { redisStatusCache, statusKey } from '../cache/redis-status-cache.ts';
import type { Context } from '../context.ts';
import { openDatabase } from '../db/database.ts';
import { renditions } from '../db/schema.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { loadJobRecords } from './load-job-records.ts';
import { readJob } from './read-job.ts';
import { refreshStatus } from './refresh-status.ts';

let outside: TestContext;
let ctx: Context;
const redis = new Redis(inject('services').redis);

beforeAll(async () => {
  outside = await openTestContext();
  ctx = { ...outside.ctx, config: { ...outside.ctx.config, statusTtlSeconds: 4_321 } };
});
afterAll(() => outside.close());

/** A context whose database fails whoever asks it. */
function withoutPostgres(): Context {
  const broken = new Proxy(openDatabase(ctx.config.databaseUrl, null), {
    get: () => {
      throw new Error('Postgres was asked');
    },
  });
  return { ...ctx, db: broken };
}

function withoutRedis(): Context {
  const gate = openRedis({ url: 'http://127.0.0.1:1', token: 't' }, { silentUntil: 0 }, ctx.now);
  return { ...ctx, statusCache: redisStatusCache(gate) };
}

test('is put into Redis when it was not there, and read from there without Postgres', async () => {
  const jobId = await seedJob(ctx);
  const fromPostgres = await readJob(ctx, { projectId: 'default', jobId });
  await outside.settled();
  expect(await readJob(withoutPostgres(), { projectId: 'default', jobId })).toEqual(fromPostgres);
});

test('stays in Redis for STATUS_TTL_SECONDS once final, and for ten seconds before', async () => {
  const running = await seedJob(ctx);
  const completed = await seedJob(ctx, { status: 'completed', finishedAt: new Date() });
  await refreshStatus(ctx, [running, completed, running]);
  const [short, long] = await Promise.all([redis.ttl(statusKey(running)), redis.ttl(statusKey(completed))]);
  expect(short).toBeGreaterThan(0);
  expect(short).toBeLessThanOrEqual(10);
  expect(long).toBeGreaterThan(4_300);
  expect(long).toBeLessThanOrEqual(4_321);
});

test('is right with Redis flushed, and with Redis stopped', async () => {
  const jobId = await seedJob(ctx, { metadata: { order: 7 } });
  await refreshStatus(ctx, [jobId]);
  await redis.del(statusKey(jobId));
  expect(await readJob(ctx, { projectId: 'default', jobId })).toMatchObject({ metadata: { order: 7 } });
  const dead = withoutRedis();
  expect(await readJob(dead, { projectId: 'default', jobId })).toMatchObject({ metadata: { order: 7 } });
  await refreshStatus(dead, [jobId]);
  await outside.settled();
});

test('an entry of another shape is passed over', async () => {
  const jobId = await seedJob(ctx);
  await ctx.statusCache.put(
    { jobId: jobId, projectId: 'default' },
    { id: jobId, status: 'exploded' },
    { version: 1, workDone: 0 },
    60,
  );
  expect(await readJob(ctx, { projectId: 'default', jobId })).toMatchObject({ status: 'processing' });
});

test("another project's job reads as none, cached or not", async () => {
  const jobId = await seedJob(ctx);
  const asStranger = () => readJob(ctx, { projectId: 'stranger', jobId });
  await expect(asStranger()).rejects.toMatchObject({ code: 'job_not_found' });
  await refreshStatus(ctx, [jobId]);
  await expect(asStranger()).rejects.toMatchObject({ code: 'job_not_found' });
});

test('a record that was read before a change does not replace the one after it', async () => {
  const jobId = await seedJob(ctx, { version: 4 });
  const taskId = await seedTask(ctx, jobId, { workDone: 40 });
  const [before] = await loadJobRecords(ctx.db, [jobId]);
  await ctx.db.execute(`update tasks set work_done = 60 where id = '${taskId}'`);
  await refreshStatus(ctx, [jobId]);
  await ctx.statusCache.put({ jobId: jobId, projectId: 'default' }, before, { version: 4, workDone: 40 }, 10);
  expect(await readJob(withoutPostgres(), { projectId: 'default', jobId })).toMatchObject({ progress: 0.6 });
});

test('one statement yields complete records of many jobs, and leaves out unknown ones', async () => {
  const plain = await seedJob(ctx, { plan: null, mediaInfo: null, status: 'queued', startedAt: null });
  const rich = await seedJob(ctx, { status: 'completed', hlsKey: 'objects/h', posterKey: 'objects/p' });
  await seedTask(ctx, rich, { state: 'done', workDone: 100 });
  await seedTask(ctx, rich, { state: 'running', workTotal: 50, workDone: 20 });
  for (const [position, name] of ['720p', '480p'].entries()) {
    await ctx.db.insert(renditions).values({
      jobId: rich,
      name,
      position,
      width: 1280,
      height: 720,
      codec: 'h264',
      bitrateKbps: 900,
      durationMicros: 8_040_000,
      sizeBytes: 5_000_000_000,
      outputKey: `objects/${name}.mp4`,
      playlistKey: null,
    });
  }
  const records = new Map(
    (await loadJobRecords(ctx.db, [plain, rich, randomUUID()])).map((record) => [record.id, record]),
  );
  expect([...records.keys()].sort()).toEqual([plain, rich].sort());
  expect(records.get(plain)).toMatchObject({
    status: 'queued',
    source: null,
    playable: false,
    startedAt: null,
    tasks: { total: 0, done: 0, running: 0 },
    renditions: [],
  });
  expect(records.get(rich)).toMatchObject({
    playable: true,
    workDone: 120,
    tasks: { total: 2, done: 1, running: 1 },
    renditions: [
      { resolution: '720p', durationSeconds: 8.04, sizeBytes: 5_000_000_000, outputKey: 'objects/720p.mp4' },
      { resolution: '480p' },
    ],
  });
  expect(await loadJobRecords(ctx.db, [])).toEqual([]);
});
