import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { uploads } from '../db/schema.ts';
import {
  asOperator,
  bearer,
  type ClosedInstallation,
  OPERATOR_TOKEN,
  openClosedInstallation,
} from '../testing/closed-installation.ts';
import { problemShape, type RestAnswer, type RestClient, restClient } from '../testing/rest-client.ts';
import { seedJob } from '../testing/seed-job.ts';
import { key, newKey } from './key-json.ts';

const page = z.object({ keys: z.array(key), next_cursor: z.string().nullable() });

let installation: ClosedInstallation;
let client: RestClient;
beforeAll(async () => {
  installation = await openClosedInstallation();
  client = restClient(installation.ctx);
  for (const id of ['mine', 'theirs', 'rotating']) {
    expect((await client.send('POST', '/projects', { id }, asOperator)).status).toBe(201);
  }
});
afterAll(() => installation.close());

async function makeKey(project: string, scopes: string[], more: object = {}) {
  const made = await client.send(
    'POST',
    '/keys',
    { name: 'ci', scopes, ...more },
    bearer(OPERATOR_TOKEN, project),
  );
  expect(made.status).toBe(201);
  return made.as(newKey);
}

function codeOf(answer: RestAnswer): [number, string] {
  return [answer.status, answer.as(problemShape).code];
}

describe('the life of a key', () => {
  test('it is made, shown once, used, and revoked', async () => {
    const admin = await makeKey('mine', ['admin']);
    const asAdmin = bearer(admin.key);
    const expires_at = '2099-01-01T00:00:00.000Z';
    const answer = await client.send(
      'POST',
      '/keys',
      { name: 'Ü', scopes: ['jobs:read'], expires_at },
      asAdmin,
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const made = answer.as(newKey);
    expect(made).toMatchObject({
      name: 'Ü',
      scopes: ['jobs:read'],
      created_by: `key:${admin.id}`,
      expires_at,
    });
    expect(made.key.startsWith(made.hint.slice(0, -1))).toBe(true);

    expect((await client.get('/jobs', bearer(made.key))).status).toBe(200);
    await installation.settled();
    const listed = await client.get('/keys', asAdmin);
    expect(listed.text).not.toContain(made.key);
    expect(listed.as(page).keys.map(({ id }) => id)).toEqual([made.id, admin.id]);
    const { key: _shownOnce, ...rest } = made;
    const read = (await client.get(`/keys/${made.id}`, asAdmin)).as(key);
    expect(read).toEqual({ ...rest, last_used_at: expect.any(String) });

    expect((await client.send('DELETE', `/keys/${made.id}`, undefined, asAdmin)).status).toBe(204);
    const refused = await client.get('/jobs', bearer(made.key));
    expect(codeOf(refused)).toEqual([401, 'unauthorized']);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    expect((await client.get(`/keys/${made.id}`, asAdmin)).as(key).revoked_at).not.toBe(null);
    expect((await client.send('DELETE', `/keys/${made.id}`, undefined, asAdmin)).status).toBe(204);
  });

  test('it is replaced; the old one opens until the overlap is over', async () => {
    const old = await makeKey('rotating', ['jobs:read'], { expires_at: '2099-01-01T00:00:00Z' });
    const rotated = await client.send(
      'POST',
      `/keys/${old.id}/rotate`,
      { overlap_seconds: 60 },
      bearer(OPERATOR_TOKEN, 'rotating'),
    );
    const fresh = rotated.as(newKey);
    expect([rotated.status, fresh.name, fresh.scopes]).toEqual([201, 'ci', ['jobs:read']]);
    expect(Date.parse(fresh.expires_at ?? '')).toBeGreaterThan(Date.parse('2090-01-01'));
    const twice = await client.send('POST', `/keys/${old.id}/rotate`, {}, bearer(OPERATOR_TOKEN, 'rotating'));
    expect(codeOf(twice)).toEqual([409, 'key_replaced']);
    for (const { key } of [old, fresh]) expect((await client.get('/jobs', bearer(key))).status).toBe(200);
    installation.passSeconds(61);
    expect((await client.get('/jobs', bearer(old.key))).status).toBe(401);
    expect((await client.get('/jobs', bearer(fresh.key))).status).toBe(200);
    installation.passSeconds(-61);
  });

  test('replaced without a word about overlap, the old one ends at once; what has ended is not replaced', async () => {
    const old = await makeKey('rotating', ['jobs:read']);
    const path = `/keys/${old.id}/rotate`;
    const asAdmin = bearer(OPERATOR_TOKEN, 'rotating');
    expect((await client.send('POST', path, undefined, asAdmin)).as(newKey).expires_at).toBe(null);
    expect((await client.get('/jobs', bearer(old.key))).status).toBe(401);
    expect(codeOf(await client.send('POST', path, {}, asAdmin))).toEqual([404, 'key_not_found']);
  });

  test.each(['2020-01-01T00:00:00Z', '0000-01-01T00:00:00Z', 'tomorrow'])(
    'none is made until %s',
    async (expires_at) => {
      const body = { name: 'n', scopes: ['jobs:read'], expires_at };
      expect(codeOf(await client.send('POST', '/keys', body, asOperator))).toEqual([400, 'invalid_request']);
    },
  );

  test('pages follow one another, and a cursor of another project opens none', async () => {
    const asAdmin = bearer(OPERATOR_TOKEN, 'theirs');
    const ids = [];
    for (let i = 0; i < 3; i++) ids.unshift((await makeKey('theirs', ['jobs:read'])).id);
    const first = (await client.get('/keys?limit=2', asAdmin)).as(page);
    const second = (await client.get(`/keys?limit=2&cursor=${first.next_cursor}`, asAdmin)).as(page);
    expect([...first.keys, ...second.keys].map(({ id }) => id)).toEqual(ids);
    expect(second.next_cursor).toBe(null);
    const foreign = await client.get(`/keys?cursor=${first.next_cursor}`, bearer(OPERATOR_TOKEN, 'mine'));
    expect(codeOf(foreign)).toEqual([400, 'invalid_request']);
  });
});

test('asking again with the same idempotency key shows the same API key', async () => {
  const asAdmin = bearer(OPERATOR_TOKEN, 'mine');
  const send = async (path: string, body: object, key: string) =>
    (await client.send('POST', path, body, { ...asAdmin, 'idempotency-key': key })).as(newKey);
  const made = await send('/keys', { name: 'n', scopes: ['jobs:read'] }, 'make-1');
  expect(await send('/keys', { name: 'n', scopes: ['jobs:read'] }, 'make-1')).toEqual(made);
  const rotated = await send(`/keys/${made.id}/rotate`, {}, 'rotate-1');
  expect(await send(`/keys/${made.id}/rotate`, {}, 'rotate-1')).toEqual(rotated);
  // Keys are kept nowhere, also not in answers.
  const kept = await installation.ctx.db.execute(
    sql`select body from idempotency_keys where body is not null`,
  );
  expect(kept.rows).toEqual([]);
  expect((await send('/keys', { name: 'n', scopes: ['jobs:read'] }, 'make-1')).key).toBe(made.key);
  expect(await send(`/keys/${made.id}/rotate`, {}, 'rotate-1')).toEqual(rotated);
});

describe('what a key may do', () => {
  test.each([
    ['jobs:read', 'GET', '/keys'],
    ['jobs:write', 'POST', '/keys'],
    ['uploads:write', 'GET', '/users'],
    ['webhooks:manage', 'GET', '/projects/mine'],
  ])('%s does not open %s %s', async (scope, method, path) => {
    const { key } = await makeKey('mine', [scope]);
    const body = method === 'POST' ? { name: 'n', scopes: ['jobs:read'] } : undefined;
    expect(codeOf(await client.send(method, path, body, bearer(key)))).toEqual([403, 'forbidden']);
  });

  test("another project's things do not exist", async () => {
    const { ctx } = installation;
    const theirs = await makeKey('theirs', ['jobs:read']);
    const jobId = await seedJob(ctx, { projectId: 'theirs' });
    const uploadId = ctx.random.uuid();
    await ctx.db.insert(uploads).values({
      ...{ id: uploadId, projectId: 'theirs', objectKey: uploadId, filename: 'a', contentType: 'video/mp4' },
      ...{ sizeBytes: 1, status: 'pending', expiresAt: new Date(Date.now() + 60_000) },
      ...{ multipartId: 'm', partSizeBytes: 1, partCount: 1 },
    });
    const asMine = bearer((await makeKey('mine', ['admin'])).key);
    for (const [method, path] of [
      ['GET', `/keys/${theirs.id}`],
      ['DELETE', `/keys/${theirs.id}`],
      ['GET', `/jobs/${jobId}`],
      ['POST', `/jobs/${jobId}/cancel`],
      ['GET', `/uploads/${uploadId}/parts`],
      ['DELETE', `/uploads/${uploadId}`],
      ['GET', '/projects/theirs'],
    ] as const) {
      expect([method, path, (await client.send(method, path, undefined, asMine)).status]).toEqual([
        method,
        path,
        404,
      ]);
    }
    expect((await client.send('POST', `/keys/${theirs.id}/rotate`, {}, asMine)).status).toBe(404);
    expect((await client.send('PATCH', '/projects/theirs', { name: 'x' }, asMine)).status).toBe(404);
    expect((await client.get('/jobs', asMine)).text).not.toContain(jobId);
    expect((await client.get('/keys', asMine)).text).not.toContain(theirs.id);
    expect((await client.get('/jobs', bearer(theirs.key))).status).toBe(200);
  });
});
