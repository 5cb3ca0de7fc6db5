import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { emptyAccount } from '../testing/account-state.ts';
import { type FakeCloudflare, startFakeCloudflare } from '../testing/fake-cloudflare.ts';
import { startWorld } from '../testing/world.ts';
import { cloudflareApi } from './cloudflare-api.ts';
import { PERMISSIONS } from './permission.ts';

let fake: FakeCloudflare;
let waits: number[];

beforeAll(async () => {
  fake = await startFakeCloudflare();
});
beforeEach(() => {
  waits = [];
  Object.assign(fake, { state: emptyAccount(), calls: [], faultOf: () => null });
});
afterAll(() => fake.stop());

function ask(token = fake.token, path = '/queues') {
  const wait = async (milliseconds: number) => {
    waits.push(milliseconds);
  };
  const api = cloudflareApi({ baseUrl: fake.url, accountId: fake.accountId, token, wait });
  return api.call({ method: 'GET', path, permission: PERMISSIONS.queues, result: z.array(z.unknown()) });
}

test('tries again after 429 and 5xx, as long as it was told to wait, and gives up after five', async () => {
  fake.faultOf = ({ number }) =>
    number === 1
      ? { kind: 'status', status: 429, retryAfterSeconds: 3 }
      : number < 4
        ? { kind: 'status', status: 502 }
        : null;
  expect(await ask()).toEqual([]);
  expect(waits).toEqual([3_000, 1_000, 2_000]);

  fake.calls.length = 0;
  fake.faultOf = () => ({ kind: 'status', status: 500 });
  await expect(ask()).rejects.toMatchObject({ kind: 'unavailable' });
  expect(fake.calls).toHaveLength(5);
  fake.faultOf = () => ({ kind: 'status', status: 429, retryAfterSeconds: 86_400 });
  waits = [];
  await expect(ask()).rejects.toThrow('does not answer');
  expect(Math.max(...waits)).toBe(60_000);
});

test('a token that may not says which permission it lacks, at once', async () => {
  fake.faultOf = () => ({ kind: 'status', status: 403, code: 10000 });
  await expect(ask()).rejects.toThrow(
    'GET /queues: CLOUDFLARE_API_TOKEN lacks «Account · Queues · Edit», or is not for this account.',
  );
  expect(fake.calls).toHaveLength(1);
});

test('a token that is none is told from one that may not', async () => {
  await expect(ask('another-token')).rejects.toThrow('CLOUDFLARE_API_TOKEN is not valid, or no longer');
});

test('an answer that is not as documented is named, not guessed at', async () => {
  await expect(ask(fake.token, '/workers/subdomain')).rejects.toThrow('not as documented');
});

test.each(Object.entries(PERMISSIONS))('a deployment without «%s» names it', async (permission, name) => {
  const world = await startWorld();
  world.fake.faultOf = (call) =>
    call.permission === permission ? { kind: 'status', status: 403, code: 10000 } : null;
  const { error } = await world.run();
  expect(error?.message).toContain(name);
  await world.fake.stop();
});

test('all permissions that reading lacks are named together', async () => {
  const world = await startWorld();
  world.fake.faultOf = ({ permission }) =>
    permission === 'queues' || permission === 'bucket' ? { kind: 'status', status: 403, code: 10000 } : null;
  const { error } = await world.run();
  expect(error?.message).toContain('Account · Queues · Edit');
  expect(error?.message).toContain('Account · Workers R2 Storage · Edit');
  await world.fake.stop();
});
