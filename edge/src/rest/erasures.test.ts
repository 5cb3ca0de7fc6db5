import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { eraseJob } from '../erasure/erase-job.ts';
import { problemShape, type RestClient, restClient } from '../testing/rest-client.ts';
import { storeJob, storeProject, storeUpload, sweepAll } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { erasureReceipt } from './erasure-json.ts';

const page = z.object({ erasures: z.array(erasureReceipt), next_cursor: z.string().nullable() });

let outside: TestContext;
let client: RestClient;

beforeAll(async () => {
  outside = await openTestContext();
  client = restClient(outside.ctx);
});
afterAll(() => outside.close());

async function erasedJob(projectId = 'default') {
  const { jobId } = await storeJob(outside.ctx, { projectId });
  return { jobId, ...(await eraseJob(outside.ctx, { projectId, jobId, actor: 'key:1' })) };
}

test('erasures are listed newest first, page by page, and found by what was erased', async () => {
  const erased = [await erasedJob(), await erasedJob(), await erasedJob()].map((one) => one.receiptId);
  await storeProject(outside.ctx, 'other');
  const foreign = await erasedJob('other');

  const first = (await client.get('/erasures?limit=2')).as(page);
  const rest = (await client.get(`/erasures?limit=2&cursor=${first.next_cursor}`)).as(page);
  expect([...first.erasures, ...rest.erasures].map(({ id }) => id)).toEqual(erased.reverse());
  expect(rest.next_cursor).toBeNull();

  const [{ subject_id } = { subject_id: '' }] = first.erasures;
  const found = (await client.get(`/erasures?subject_id=${subject_id}`)).as(page);
  expect(found.erasures).toEqual([first.erasures[0]]);
  expect((await client.get(`/erasures?subject_id=${foreign.jobId}`)).as(page).erasures).toEqual([]);
  expect((await client.get('/erasures?cursor=abc')).as(problemShape).code).toBe('invalid_request');
});

test('a receipt is read by its id', async () => {
  const { jobId, receiptId } = await erasedJob();
  await sweepAll(outside.ctx, { urlsExpired: true });
  expect((await client.get(`/erasures/${receiptId}`)).as(erasureReceipt)).toMatchObject({
    ...{ kind: 'job', subject_id: jobId, reason: 'request', actor: 'key:1', status: 'completed' },
  });
  const unknown = await client.get(`/erasures/${outside.ctx.random.uuid()}`);
  expect(unknown.as(problemShape).code).toBe('erasure_not_found');
});

test('erasing a complete upload answers with its receipt, a pending one with nothing', async () => {
  const complete = await storeUpload(outside.ctx);
  const answer = await client.send('DELETE', `/uploads/${complete.uploadId}`);
  expect(answer.status).toBe(202);
  expect(answer.as(erasureReceipt)).toMatchObject({ kind: 'upload', subject_id: complete.uploadId });
  expect((await client.send('DELETE', `/uploads/${complete.uploadId}`)).status).toBe(404);

  const pending = await storeUpload(outside.ctx, { status: 'pending', completedAt: null });
  expect((await client.send('DELETE', `/uploads/${pending.uploadId}`)).status).toBe(204);

  const { uploadId } = await storeJob(outside.ctx, { endedDaysAgo: null });
  const inUse = await client.send('DELETE', `/uploads/${uploadId}`);
  expect([inUse.status, inUse.as(problemShape).code]).toEqual([409, 'upload_in_use']);
});

test('a project is erased by the operator, who reads its receipt when it is gone', async () => {
  const id = await storeProject(outside.ctx, 'leaving');
  const answer = await client.send('DELETE', `/projects/${id}`);
  expect(answer.status).toBe(202);
  const receipt = answer.as(erasureReceipt);
  expect(receipt).toMatchObject({ kind: 'project', subject_id: id, status: 'erasing' });
  expect((await client.get(`/erasures/${receipt.id}`)).as(erasureReceipt)).toEqual(receipt);
  expect((await client.get(`/erasures?subject_id=${id}`)).as(page).erasures).toEqual([receipt]);
  expect((await client.send('DELETE', '/projects/default')).status).toBe(400);
  expect((await client.send('DELETE', '/projects/never-was')).status).toBe(404);
});
