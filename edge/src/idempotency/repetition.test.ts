import { NeonDbError } from '@neondatabase/serverless';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { idempotencyKeys, jobs } from '../db/schema.ts';
import { eraseJob } from '../erasure/erase-job.ts';
import { eraseUpload } from '../erasure/erase-upload.ts';
import { restClient } from '../testing/rest-client.ts';
import { rpcClient } from '../testing/rpc-client.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

const [input_url, key] = ['https://films.example/one.mp4', 'a-key'];
const keyed = { 'idempotency-key': key };
const named = z.object({ id: z.string() });
const results = z.object({
  results: z.array(z.object({ job: named.nullable(), error: z.object({ code: z.string() }).nullable() })),
});

let opened: TestContext;
let ctx: Context;

beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
});
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.settled();
  await ctx.db.execute(sql`truncate jobs, uploads, idempotency_keys cascade`);
});

const erase = (jobId: string) => eraseJob(ctx, { projectId: 'default', jobId, actor: 'test' });
const jobIds = async () => (await ctx.db.select({ id: jobs.id }).from(jobs)).map(({ id }) => id);

describe('a job that was made although the answer of the database got lost', () => {
  test('is found by the repetition', async () => {
    const rest = restClient(losingAnswer(ctx, 'insert into jobs'));
    const send = () => rest.send('POST', '/jobs', { input_url }, keyed);
    expect((await send()).status).toBe(503);
    const again = await send();
    expect([again.status, await jobIds()]).toEqual([201, [again.as(named).id]]);
  });

  test('is found over RPC too', async () => {
    const client = rpcClient(restClient(losingAnswer(ctx, 'insert into jobs')), 'Connect', keyed);
    await expect(client.createJob({ inputUrl: input_url })).rejects.toThrow('[unavailable]');
    const { job } = await client.createJob({ inputUrl: input_url });
    expect(await jobIds()).toEqual([job?.id]);
  });

  test('is found over RPC when only the answer could not be kept', async () => {
    const losing = losingAnswer(ctx, 'set status');
    const client = rpcClient(restClient(losing), 'Connect', keyed);
    await expect(client.createJob({ inputUrl: input_url })).rejects.toThrow('[unavailable]');
    // The first request counts as under way for a minute.
    await ctx.db.update(idempotencyKeys).set({ status: null, body: null, claimedUntil: new Date(0) });
    const { job } = await client.createJob({ inputUrl: input_url });
    expect(await jobIds()).toEqual([job?.id]);
  });
});

test('over RPC an answer is for nobody but the caller who had it', async () => {
  const rest = restClient(ctx);
  const callerWith = async (scopes: string[]) => {
    const made = await rest.send('POST', '/keys', { name: 'k', scopes });
    const authorization = `Bearer ${made.as(z.object({ key: z.string() })).key}`;
    return rpcClient(rest, 'Connect', { ...keyed, authorization });
  };
  const upload = { filename: 'a.mp4', contentType: 'video/mp4', sizeBytes: 10n };
  await (await callerWith(['uploads:write'])).createUpload(upload);
  const reader = await callerWith(['jobs:read']);
  await expect(reader.createUpload(upload)).rejects.toThrow('came with another request');
});

test('over RPC a refusal is kept as over REST', async () => {
  const client = rpcClient(restClient(ctx), 'Connect', keyed);
  const inputKey = 'uploads/default/late.mp4';
  await expect(client.createJob({ inputKey })).rejects.toThrow('[failed_precondition]');
  await ctx.storage.putOnce(inputKey, 'film', 'video/mp4');
  await expect(client.createJob({ inputKey })).rejects.toThrow('[failed_precondition]');
});

describe('what was erased', () => {
  test('is not found by the repetition of the call that made it', async () => {
    const client = rpcClient(restClient(ctx), 'Connect', keyed);
    const { job } = await client.createJob({ inputUrl: input_url });
    await erase(job?.id ?? '');
    await expect(client.createJob({ inputUrl: input_url })).rejects.toThrow('[not_found]');
    expect(await jobIds()).toEqual([]);
  });

  test('leaves the other jobs of its batch in the answer', async () => {
    const send = () =>
      restClient(ctx).send('POST', '/jobs/batch', { jobs: [{ input_url }, { input_url }] }, keyed);
    const first = await send();
    const [gone, left] = first.as(results).results.map(({ job }) => job?.id);
    expect((await send()).text).toBe(first.text);
    await erase(gone ?? '');
    const again = await send();
    expect(again.text).not.toContain(gone);
    expect([again.status, again.as(results).results]).toEqual([
      200,
      [
        { job: null, error: { code: 'job_not_found' } },
        { job: { id: left }, error: null },
      ],
    ]);
  });

  test('leaves the other jobs of its batch in the answer over RPC', async () => {
    const client = rpcClient(restClient(ctx), 'gRPC-Web', keyed);
    const send = () => client.batchCreateJobs({ jobs: [{ inputUrl: input_url }, { inputUrl: input_url }] });
    const first = await send();
    expect(await send()).toEqual(first);
    const [gone, left] = first.results.map(({ result }) => (result.case === 'job' ? result.value.id : ''));
    await erase(gone ?? '');
    const [none, job] = (await send()).results;
    expect(none?.result).toMatchObject({ case: 'error', value: { code: 'job_not_found' } });
    expect(job?.result).toMatchObject({ case: 'job', value: { id: left } });
  });

  test('goes from an answer of GraphQL that does not name it', async () => {
    const query = `mutation { createJob(input: {inputUrl: "${input_url}", tags: ["a secret"]}) { tags } }`;
    const send = () => restClient(ctx).send('POST', '/graphql', { query }, keyed);
    expect((await send()).text).toContain('a secret');
    await erase((await jobIds())[0] ?? '');
    const again = await send();
    expect([again.status, again.headers.get('content-type')]).toEqual([
      404,
      'application/json; charset=utf-8',
    ]);
    expect(again.text).toContain('"code":"job_not_found"');
    const kept = await ctx.db.select({ body: idempotencyKeys.body }).from(idempotencyKeys);
    expect(kept.map(({ body }) => body?.includes('a secret'))).toEqual([false]);
  });

  test('does not take the answer of a job that has read it', async () => {
    const rest = restClient(ctx);
    const id = ctx.random.uuid();
    const input_key = `uploads/default/${id}/a.mp4`;
    await ctx.storage.putOnce(input_key, 'film', 'video/mp4');
    await ctx.db.execute(sql`
      insert into uploads (id, project_id, object_key, filename, content_type, size_bytes, etag, status, expires_at)
      values (${id}::uuid, 'default', ${input_key}, 'a.mp4', 'video/mp4', 4, 'e', 'completed', now())`);
    const send = () => rest.send('POST', '/jobs', { input_key }, keyed);
    const first = await send();
    await rest.send('POST', `/jobs/${first.as(named).id}/cancel`);
    await eraseUpload(ctx, { projectId: 'default', uploadId: id, actor: 'test' });
    expect((await send()).text).toBe(first.text);
  });
});

/** The first statement of this text is done, but nobody hears of it. */
function losingAnswer(context: Context, text: string): Context {
  let isLost = false;
  const db = new Proxy(context.db, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name !== 'execute' || typeof member !== 'function') return member;
      return async (statement: { queryChunks: unknown }) => {
        const result: unknown = await Reflect.apply(member, target, [statement]);
        if (isLost || !JSON.stringify(statement.queryChunks).includes(text)) return result;
        isLost = true;
        throw new NeonDbError('fetch failed');
      };
    },
  });
  return { ...context, db };
}
