import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { rowsOf } from '../db/database.ts';
import { graphqlClient } from '../testing/graphql-client.ts';
import { problemShape, type RestClient, restClient } from '../testing/rest-client.ts';
import { rpcClient } from '../testing/rpc-client.ts';
import { storeUpload } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

/* Subtitle files go with a job through every door in the same way. */

let opened: TestContext;
let rest: RestClient;
let film: { sourceKey: string };
let text: { uploadId: string; sourceKey: string };
beforeAll(async () => {
  opened = await openTestContext();
  rest = restClient(opened.ctx);
  film = await storeUpload(opened.ctx, { etag: '"film"' });
  text = await storeUpload(opened.ctx, { filename: 'film.vtt', etag: '"text"' });
});
afterAll(() => opened.close());

const made = z.object({ id: z.string() });

async function sidecarsOf(jobId: string | undefined): Promise<unknown> {
  const [row] = await rowsOf(
    opened.ctx.db,
    sql`select sidecars from jobs where id = ${jobId ?? null}::uuid`,
    z.object({ sidecars: z.unknown() }),
  );
  return row?.sidecars;
}

test('the same input makes the same sidecars', async () => {
  const byRest = await rest.send('POST', '/jobs', {
    input_key: film.sourceKey,
    subtitles: [
      { upload_id: text.uploadId, language: 'en', label: 'English' },
      { input_key: text.sourceKey },
    ],
  });
  expect(byRest.status).toBe(201);
  const byGraphql = await graphqlClient(rest).field(
    'createJob',
    made,
    'mutation ($input: JobInput!) { createJob(input: $input) { id } }',
    {
      input: {
        inputKey: film.sourceKey,
        subtitles: [
          { uploadId: text.uploadId, language: 'en', label: 'English' },
          { inputKey: text.sourceKey },
        ],
      },
    },
  );
  const { job: byRpc } = await rpcClient(rest).createJob({
    inputKey: film.sourceKey,
    subtitles: [{ uploadId: text.uploadId, language: 'en', label: 'English' }, { inputKey: text.sourceKey }],
  });
  const file = { key: text.sourceKey, etag: '"text"', sizeBytes: 8, format: 'vtt' };
  const expected = [
    { file, language: 'en', title: 'English' },
    { file, language: null, title: null },
  ];
  expect(await sidecarsOf(byRest.as(made).id)).toEqual(expected);
  expect(await sidecarsOf(byGraphql.id)).toEqual(expected);
  expect(await sidecarsOf(byRpc?.id)).toEqual(expected);
});

test.each([
  ['both ways to name a file', { upload_id: '00000000-0000-4000-8000-000000000000', input_key: 'k' }],
  ['no way', {}],
  ['a language that is no tag', { input_key: 'k', language: 'English (US)' }],
])('%s is refused, and named', async (_what, file) => {
  const answer = await rest.send('POST', '/jobs', { input_key: film.sourceKey, subtitles: [file] });
  const problem = answer.as(problemShape);
  expect([answer.status, problem.code]).toEqual([400, 'invalid_request']);
  expect(problem.errors?.[0]?.path).toMatch(/^body\.subtitles\.0\./);
});

test('of a batch, the job with a bad file is refused and the others are made', async () => {
  const good = { input_key: film.sourceKey, subtitles: [{ input_key: text.sourceKey }] };
  const bad = { input_key: film.sourceKey, subtitles: [{ input_key: film.sourceKey }] };
  const answer = await rest.send('POST', '/jobs/batch', { jobs: [good, bad] });
  const { results } = answer.as(
    z.object({
      results: z.array(z.object({ job: made.nullable(), error: z.object({ code: z.string() }).nullable() })),
    }),
  );
  expect(results.map(({ job, error }) => [job !== null, error?.code])).toEqual([
    [true, undefined],
    [false, 'unsupported_subtitles'],
  ]);
});
