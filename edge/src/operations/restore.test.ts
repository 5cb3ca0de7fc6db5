import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@millrace/local/free-port.ts';
import { migrate } from '@millrace/local/migrate.ts';
import { startNeonProxy } from '@millrace/local/neon-proxy.ts';
import { startPostgres } from '@millrace/local/postgres.ts';
import { preparePostgresHome, removePostgresData } from '@millrace/local/postgres-home.ts';
import { startRedis } from '@millrace/local/redis.ts';
import { startUpstashProxy } from '@millrace/local/upstash-proxy.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openRedis } from '../cache/redis-gate.ts';
import { redisStatusCache } from '../cache/redis-status-cache.ts';
import type { Context } from '../context.ts';
import { openDatabase } from '../db/database.ts';
import { reap } from '../dispatch/reap.ts';
import { publishJob } from '../jobs/publish-job.ts';
import {
  claimStarted,
  completeClaimed,
  jobStatus,
  plannedJob,
  runEverything,
} from '../testing/job-driver.ts';
import { restClient } from '../testing/rest-client.ts';
import { storeUpload } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

/*
 * The drill of docs/operations.md: a backup in the middle of a job, work that goes on after it, then
 * Postgres and Redis are gone. Storage is what is left.
 */

const DOCUMENT = path.resolve(import.meta.dirname, '../../../docs/operations.md');

let outside: TestContext;
let folder: string;
const open: { stop(): Promise<void> }[] = [];
beforeAll(async () => {
  outside = await openTestContext();
  folder = await mkdtemp(path.join(os.tmpdir(), 'millrace-drill-'));
});
afterAll(async () => {
  for (const service of open.reverse()) await service.stop();
  for (const name of ['lost', 'restored']) await removePostgresData(path.join(folder, name));
  await rm(folder, { recursive: true, force: true });
  await outside.close();
});

/** A Postgres on data of this name, as an edge reaches it. */
async function startDatabase(name: string) {
  const dataDir = path.join(folder, name);
  const postgres = await startPostgres({ dataDir, port: await freePort() });
  open.push(postgres);
  await migrate(postgres.url);
  const proxy = await startNeonProxy({ port: await freePort(), databaseUrl: postgres.url });
  open.push(proxy);
  return { dataDir, postgres, db: openDatabase(postgres.url, proxy.endpoint) };
}

/** A Redis that knows nothing. */
async function newStatusCache() {
  const redis = await startRedis({ dataDir: path.join(folder, 'redis'), port: await freePort() });
  open.push(redis);
  const proxy = await startUpstashProxy({ port: await freePort(), redisUrl: redis.url, token: 'drill' });
  open.push(proxy);
  const settings = { url: proxy.url, token: 'drill', answerWithinMs: 20_000 };
  return redisStatusCache(openRedis(settings, { silentUntil: 0 }, outside.ctx.now));
}

/** A snapshot of its volume, while it is stopped: this one keeps no log to make an online copy whole. */
async function snapshot(dataDir: string, to: string): Promise<void> {
  const { clusterDir } = await preparePostgresHome(dataDir);
  const { clusterDir: copy } = await preparePostgresHome(to);
  await promisify(execFile)('cp', ['-a', clusterDir, copy]);
}

/** The statement that the document tells to run. */
async function afterRestore(): Promise<string> {
  const section = (await readFile(DOCUMENT, 'utf8')).split('### After a restore')[1] ?? '';
  return /```sql\n([\s\S]*?)```/.exec(section)?.[1] ?? expect.fail('the document has no statement');
}

async function publishWaiting(ctx: Context): Promise<void> {
  const { rows } = await ctx.db.execute(sql`select id from tasks where kind = 'publish' and state = 'ready'`);
  for (const row of rows) await publishJob(ctx, z.object({ id: z.string() }).parse(row).id);
  await outside.settled();
}

test('a job that was under way at the last backup is completed after everything but storage is lost', async () => {
  const before = await startDatabase('lost');
  const first: Context = { ...outside.ctx, db: before.db };
  const jobId = await plannedJob(first);
  const [running, done] = await claimStarted(first, 2);
  if (!running || !done) throw new Error('too few tasks');
  await completeClaimed(first, done);

  await before.postgres.stop();
  await snapshot(before.dataDir, path.join(folder, 'restored'));

  // What nobody will remember: the job comes to its end, and a source is uploaded.
  const since = await startDatabase('lost');
  const lost: Context = { ...outside.ctx, db: since.db };
  await completeClaimed(lost, running);
  await runEverything(lost);
  await publishWaiting(lost);
  expect(await jobStatus(lost, jobId)).toBe('completed');
  const { sourceKey } = await storeUpload(lost);
  await since.postgres.stop();
  await removePostgresData(since.dataDir);

  const after = await startDatabase('restored');
  const ctx: Context = { ...outside.ctx, db: after.db, statusCache: await newStatusCache() };
  const client = restClient(ctx);
  const statusShape = z.object({ status: z.string(), hls_key: z.string().nullable() });
  expect((await client.get(`/jobs/${jobId}`)).as(statusShape).status).toBe('processing');

  await ctx.db.execute(sql.raw(await afterRestore()));
  // The fleet's late news of what was lost changes nothing, and the lease of what ran then is over.
  expect((await completeClaimed(ctx, running)).verdict).toBe('lease_lost');
  await ctx.db.execute(sql`update tasks set lease_expires_at = now() where state = 'running'`);
  await reap(ctx);
  await ctx.db.execute(sql`update tasks set run_after = now() where state = 'ready'`);
  await runEverything(ctx);
  await publishWaiting(ctx);
  const job = (await client.get(`/jobs/${jobId}`)).as(statusShape);
  expect(job.status).toBe('completed');
  expect(await ctx.storage.head(job.hls_key ?? '')).not.toBeNull();

  // The upload is forgotten, the object is there: a job is made of it all the same.
  const again = await client.send('POST', '/jobs', { input_key: sourceKey });
  expect(again.status).toBe(201);
});
