import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { projects, projectUsage, uploads } from '../db/schema.ts';
import { acceptResult } from '../tasks/accept-result.ts';
import { mediaInfoOf } from '../testing/media-info.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { type Quota, refuseQuota, withinDailyMinutes, withinStoredBytes } from './quota.ts';

let opened: TestContext;
let ctx: Context;
beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
});
afterAll(() => opened.close());

let made = 0;
async function makeProject(quotas: Partial<typeof projects.$inferInsert> = {}): Promise<string> {
  const id = `quota-${++made}`;
  await ctx.db.insert(projects).values({ id, ...quotas });
  return id;
}

const checkMinutes = (projectId: string) =>
  check(withinDailyMinutes(projectId), projectId, 'minutes_per_day');
const checkBytes = (projectId: string, moreBytes: number) =>
  check(withinStoredBytes(projectId, moreBytes), projectId, 'stored_bytes', moreBytes);

/** As the statements use it that create jobs and uploads. */
async function check(condition: SQL, projectId: string, quota: Quota, moreBytes = 0): Promise<void> {
  const rows = await rowsOf(ctx.db, sql`select 1 as n where ${condition}`, z.unknown());
  if (rows.length === 0) throw await refuseQuota(ctx, projectId, quota, moreBytes);
}

describe('minutes a day', () => {
  const use = (projectId: string, minutes: number, daysAgo = 0) =>
    ctx.db.insert(projectUsage).values({
      projectId,
      day: sql`(now() at time zone 'utc')::date - ${daysAgo}::int`,
      sourceMicros: minutes * 60e6,
    });

  test('without the quota any number is fine', async () => {
    const projectId = await makeProject();
    await use(projectId, 1e6);
    await checkMinutes(projectId);
  });

  test('are refused once they are used up, with what was used and when they begin anew', async () => {
    const projectId = await makeProject({ minutesPerDay: 10 });
    await checkMinutes(projectId);
    await use(projectId, 99, 1);
    await use(projectId, 9.99);
    await checkMinutes(projectId);
    await ctx.db.execute(
      sql`update project_usage set source_micros = 600000000 where project_id = ${projectId}`,
    );
    const refusal = await checkMinutes(projectId).catch((error) => error);
    expect(refusal).toMatchObject({
      code: 'quota_exceeded',
      message: expect.stringMatching(/minutes_per_day .*10 of 10 minutes.*midnight UTC/),
    });
    expect(refusal.retryAfterSeconds).toBeGreaterThan(0);
    expect(refusal.retryAfterSeconds).toBeLessThanOrEqual(86_400);
  });

  test('none at all means none', async () => {
    const projectId = await makeProject({ minutesPerDay: 0 });
    await expect(checkMinutes(projectId)).rejects.toMatchObject({ code: 'quota_exceeded' });
  });

  test('a project that is not there is said to be so', async () => {
    await expect(checkMinutes('nowhere')).rejects.toMatchObject({ code: 'project_not_found' });
  });

  test('an analyzed source counts, and counts once however often it is reported', async () => {
    const projectId = await makeProject();
    for (const seconds of [90, 30]) {
      const leaseToken = ctx.random.uuid();
      const mediaInfo = mediaInfoOf({ seconds });
      const { key, sizeBytes, etag } = mediaInfo.source;
      const jobId = await seedJob(ctx, { projectId, sourceKey: key, mediaInfo: null, plan: null });
      const taskId = await seedTask(ctx, jobId, {
        projectId,
        kind: 'analyze',
        spec: { kind: 'analyze', source: { key, sizeBytes, etag } },
        attempt: 1,
        leaseToken,
        started: true,
      });
      const report = {
        taskId,
        attempt: 1,
        leaseToken,
        result: { kind: 'analyze', mediaInfo, build: 'build' },
        logTail: '',
      } as const;
      const answers = [await acceptResult(ctx, report), await acceptResult(ctx, report)];
      expect(answers).toMatchObject([{ verdict: 'accepted' }, { verdict: 'accepted' }]);
    }
    const [usage] = await ctx.db.select().from(projectUsage).where(sql`project_id = ${projectId}`);
    expect(usage).toMatchObject({ jobs: 2, sourceMicros: 120e6 });
  });
});

describe('stored bytes', () => {
  const store = (projectId: string, sizeBytes: number, status: string) => {
    const id = ctx.random.uuid();
    const row = { id, projectId, sizeBytes, status, objectKey: id, filename: 'f', contentType: 'video/mp4' };
    return ctx.db.insert(uploads).values({ ...row, expiresAt: new Date() });
  };

  test('without the quota any number is fine', async () => {
    const projectId = await makeProject();
    await store(projectId, 2 ** 50, 'completed');
    await checkBytes(projectId, 2 ** 50);
  });

  test('count what is there and what is under way, and nothing that is gone', async () => {
    const projectId = await makeProject({ storedBytes: 1_000 });
    await store(projectId, 500, 'completed');
    await store(projectId, 300, 'pending');
    await store(projectId, 900, 'aborted');
    await store(projectId, 900, 'expired');
    await store(await makeProject(), 900, 'completed');
    await checkBytes(projectId, 200);
    await expect(checkBytes(projectId, 201)).rejects.toMatchObject({
      code: 'quota_exceeded',
      message: expect.stringMatching(/stored_bytes .*201 bytes more: 800 of 1000/),
      retryAfterSeconds: null,
    });
  });
});
