import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { renditions } from '../db/schema.ts';
import { type GraphqlClient, graphqlClient } from '../testing/graphql-client.ts';
import { type RestClient, restClient } from '../testing/rest-client.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

let outside: TestContext;
let rest: RestClient;
let client: GraphqlClient;

beforeAll(async () => {
  outside = await openTestContext();
  rest = restClient(outside.ctx);
  client = graphqlClient(rest);
  await outside.ctx.db.execute(`insert into projects (id) values ('stranger')`);
});
afterAll(async () => {
  await outside.settled();
  await outside.close();
});

async function seedPlayable(projectId = 'default'): Promise<string> {
  const now = new Date();
  const id = await seedJob(outside.ctx, { projectId, status: 'completed', finishedAt: now, playableAt: now });
  await outside.ctx.db.insert(renditions).values({
    jobId: id,
    name: '720p',
    position: 0,
    width: 1280,
    height: 720,
    codec: 'avc1.64001f',
    bitrateKbps: 900,
    durationMicros: 8_000_000,
    sizeBytes: 9_000,
    outputKey: `objects/${projectId}/${id}/1/720p.mp4`,
    playlistKey: null,
  });
  return id;
}

const links = z.object({
  hlsUrl: z.string().nullable(),
  mp4Urls: z.array(z.object({ resolution: z.string(), url: z.string() })),
  expiresAt: z.iso.datetime(),
});

function mint(id: string, args = '') {
  return client.field(
    'playbackLinks',
    links,
    `query ($id: ID!) { playbackLinks(id: $id ${args}) { hlsUrl posterUrl mp4Urls { resolution url } expiresAt } }`,
    { id },
  );
}

test('links are made for as long as is wanted, and taken back', async () => {
  const id = await seedPlayable();
  const wanted = await mint(id, 'lifetimeSeconds: 86400');
  const [file] = wanted.mp4Urls;
  expect(file).toEqual({ resolution: '720p', url: expect.stringContaining(`/${id}/720p.mp4`) });
  expect(Date.parse(wanted.expiresAt) - outside.ctx.now()).toBeGreaterThan(86_300_000);

  const path = new URL(file?.url ?? '').pathname;
  const before = await rest.get(path);
  expect([before.status, before.text]).not.toEqual([403, expect.anything()]);
  const revoked = await client.ask('mutation ($id: ID!) { revokePlayback(id: $id) { id hlsUrl } }', { id });
  expect(revoked.data?.revokePlayback).toMatchObject({ id });
  const after = await rest.get(path);
  expect([after.status, after.text]).toEqual([403, expect.stringContaining('playback_forbidden')]);
  expect((await mint(id, 'lifetimeSeconds: 86400')).mp4Urls).not.toEqual(wanted.mp4Urls);
});

test('a lifetime that cannot be is refused', async () => {
  const id = await seedPlayable();
  for (const seconds of [0, 7 * 86_400 + 1]) {
    const refused = await client.ask(
      'query ($id: ID!, $seconds: Int) { playbackLinks(id: $id, lifetimeSeconds: $seconds) { hlsUrl } }',
      { id, seconds },
    );
    expect(refused.errors?.[0]?.extensions.issues).toMatchObject([{ path: 'lifetimeSeconds' }]);
  }
});

test('outputs and logs of nobody, or of a stranger, read as null; links of a stranger cannot be revoked', async () => {
  const foreign = await seedPlayable('stranger');
  const taskId = await seedTask(outside.ctx, foreign, { projectId: 'stranger', logTail: 'theirs' });
  const answer = await client.ask(
    `query ($id: ID!, $taskId: ID!, $key: String!) {
      playbackLinks(id: $id) { hlsUrl } taskLog(jobId: $id, taskId: $taskId) downloadUrl(outputKey: $key) { url }
    }`,
    { id: foreign, taskId, key: `objects/stranger/${foreign}/1/720p.mp4` },
  );
  expect(answer).toEqual({ data: { playbackLinks: null, taskLog: null, downloadUrl: null } });
  const refused = await client.ask('mutation ($id: ID!) { revokePlayback(id: $id) { id } }', { id: foreign });
  expect(refused.errors?.[0]?.extensions).toEqual({ code: 'job_not_found', status: 404 });
});

test('an output of a job is downloaded', async () => {
  const id = await seedPlayable();
  const { url } = await client.field(
    'downloadUrl',
    z.object({ url: z.url(), expiresAt: z.iso.datetime() }),
    'query ($key: String!) { downloadUrl(outputKey: $key) { url expiresAt } }',
    { key: `objects/default/${id}/1/720p.mp4` },
  );
  expect(url).toContain('720p.mp4');
});
