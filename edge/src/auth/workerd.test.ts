import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { asOperator, bearer, OPERATOR_TOKEN } from '../testing/closed-installation.ts';
import {
  AUDIENCE,
  type IdentityProvider,
  ISSUER,
  startIdentityProvider,
} from '../testing/identity-provider.ts';
import { type RunningWorker, startWorker } from '../testing/start-worker.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

/* Keys and tokens inside workerd, where nothing that one request waits for may be waited for by another. */

let outside: TestContext;
let provider: IdentityProvider;
let worker: RunningWorker;

beforeAll(async () => {
  outside = await openTestContext();
  provider = await startIdentityProvider();
  await provider.addKey('ES256');
  await provider.addKey('EdDSA');
  worker = await startWorker(outside.ctx.config, {
    OPEN_ACCESS: 'false',
    OPERATOR_TOKEN,
    JWT_JWKS_URL: provider.jwksUrl,
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: AUDIENCE,
  });
}, 90_000);
afterAll(async () => {
  await worker?.stop();
  await provider?.stop();
  await outside?.close();
});

const send = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
  fetch(new URL(path, worker.url), {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const statusesOf = async (headers: Record<string, string>, count: number) => {
  const answers = await Promise.all(Array.from({ length: count }, () => send('GET', '/jobs', headers)));
  return [...new Set(answers.map(({ status }) => status))];
};

test('a key opens for many requests at once, is noted as used, and is revoked', async () => {
  expect(await statusesOf({}, 1)).toEqual([401]);
  const made = await send('POST', '/keys', asOperator, { name: 'k', scopes: ['jobs:read'] });
  const { id, key } = z.object({ id: z.string(), key: z.string() }).parse(await made.json());
  expect(await statusesOf(bearer(key), 20)).toEqual([200]);
  const used = async () =>
    z
      .object({ last_used_at: z.string().nullable() })
      .parse(await (await send('GET', `/keys/${id}`, asOperator)).json()).last_used_at;
  await expect.poll(used, { timeout: 10_000 }).not.toBe(null);
  expect((await send('DELETE', `/keys/${id}`, asOperator)).status).toBe(204);
  await expect.poll(() => statusesOf(bearer(key), 1), { timeout: 10_000 }).toEqual([401]);
});

test.each(['RS256', 'ES256', 'EdDSA'])(
  'tokens signed with %s open for many requests at once',
  async (alg) => {
    const claims = { sub: 'alice', millrace_projects: { default: 'viewer' } };
    const token = await provider.sign(claims, { alg });
    expect(await statusesOf(bearer(token), 20)).toEqual([200]);
    expect((await send('POST', '/keys', bearer(token), { name: 'k', scopes: ['jobs:read'] })).status).toBe(
      403,
    );
    expect(await statusesOf(bearer(await provider.sign({ ...claims, aud: 'others' }, { alg })), 2)).toEqual([
      401,
    ]);
  },
);
