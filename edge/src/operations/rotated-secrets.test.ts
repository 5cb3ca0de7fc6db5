import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { openPlayback } from '../playback/open-playback.ts';
import { signPlayback } from '../playback/playback-token.ts';
import { answerRpc } from '../rpc/rpc-door.ts';
import { ORIGIN } from '../testing/rest-client.ts';
import { seedJob } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

const [NEW, OLD] = ['the-new-secret-0000', 'the-old-secret-0000'];

let outside: TestContext;
let rotating: Context;
beforeAll(async () => {
  outside = await openTestContext();
  const env = {
    ...{ ENVIRONMENT: 'local', DATABASE_URL: outside.ctx.config.databaseUrl, S3_ENDPOINT: 'http://s3.test' },
    ...{ UPSTASH_REDIS_REST_URL: 'http://redis.test', UPSTASH_REDIS_REST_TOKEN: 'x' },
    ...{
      S3_ACCESS_KEY: 'x',
      S3_SECRET_KEY: 'x',
      FLEET_TOKEN: `${NEW}, ${OLD}`,
      PLAYBACK_SECRET: `${NEW},${OLD}`,
    },
  };
  const { fleetToken, earlierFleetTokens, playbackSecret, earlierPlaybackSecrets } = readConfig(env);
  const secrets = { fleetToken, earlierFleetTokens, playbackSecret, earlierPlaybackSecrets };
  rotating = { ...outside.ctx, config: { ...outside.ctx.config, ...secrets } };
  expect(() => readConfig({ ...env, FLEET_TOKEN: `${NEW},short` })).toThrow(/FLEET_TOKEN/);
});
afterAll(() => outside.close());

async function statusOf(token: string): Promise<number | undefined> {
  const request = new Request(`${ORIGIN}/millrace.v1.FleetService/Report`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  return (await answerRpc(request, rotating))?.status;
}

test('while the fleet token is rotated the new and the old one open the door, and nothing else does', async () => {
  expect(await statusOf(NEW)).toBe(200);
  expect(await statusOf(OLD)).toBe(200);
  expect(await statusOf(`${NEW},${OLD}`)).toBe(401);
  expect(await statusOf(`${NEW}, ${OLD}`)).toBe(401);
  await outside.settled();
});

test('links that the old secret signed still play, until it is dropped', async () => {
  const jobId = await seedJob(outside.ctx);
  const grant = { expiresAt: Math.floor(Date.now() / 1000) + 600, revision: 0 };
  const link = { jobId, address: '192.0.2.1' };
  for (const secret of [NEW, OLD]) {
    await openPlayback(rotating, { ...link, token: await signPlayback(secret, jobId, grant) });
  }
  const token = await signPlayback(OLD, jobId, grant);
  const dropped = { ...rotating, config: { ...rotating.config, earlierPlaybackSecrets: [] } };
  await expect(openPlayback(dropped, { ...link, token })).rejects.toMatchObject({
    code: 'playback_forbidden',
  });
});
