import { randomUUID } from 'node:crypto';
import { eq, type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Scope } from '../auth/caller.ts';
import { createKey } from '../auth/create-key.ts';
import { rowsOf } from '../db/database.ts';
import { idempotencyKeys } from '../db/schema.ts';
import { bearer } from '../testing/closed-installation.ts';
import { storeProject } from '../testing/store-job.ts';
import { successOf } from './cases/all.ts';
import { type Ask, asOperatorOf } from './cases/case.ts';
import { outcomeOf } from './check-answer.ts';
import { operationOf, operations } from './operations.ts';
import { perform, requestOf } from './perform.ts';
import { type Answer, send } from './send.ts';
import { openWorld, putSource, type World, withoutStorage } from './world.ts';

const AT_ONCE = 50;
const posts = operations
  .filter(({ method }) => method === 'POST')
  .map((operation) => [operation.id, operation] as const);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

describe('requests at once with one key', () => {
  test('make one job, and all learn of it', async () => {
    const source = await putSource(world.ctx);
    const ask = withKey({ body: { input_key: source } });
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => create(ask)));
    for (const answer of answers) expect(['201', 'idempotency_key_in_flight']).toContain(outcomeOf(answer));
    const refused = answers.filter(({ status }) => status === 409);
    for (const answer of refused) expect(answer.headers.get('retry-after')).toBe('1');
    const all = [...answers.filter(({ status }) => status === 201)];
    for (const _again of refused) all.push(await create(ask));
    expect(all).toHaveLength(AT_ONCE);
    expect(new Set(all.map(outcomeOf))).toEqual(new Set(['201']));
    const [first] = all;
    expect(new Set(all.map(({ text }) => text))).toEqual(new Set([first?.text]));
    const jobs = sql`select id from jobs where source_key = ${source}`;
    expect(await count(jobs)).toBe(1);
    expect(await count(sql`select 1 from tasks where job_id in (${jobs})`)).toBe(1);
    expect(await count(sql`select 1 from job_events where job_id in (${jobs})`)).toBe(1);
  });
});

describe.each(posts)('%s', (id, operation) => {
  test('gives the first answer again to a repetition', async () => {
    const ask = withKey(await successOf(world, id));
    const first = await perform(world, operation, ask);
    const second = await perform(world, operation, ask);
    expect([first.status, outcomeOf(second)]).toEqual([second.status, String(first.status)]);
    expect(second.status).toBeLessThan(300);
    expect(second.text).toBe(first.text);
    for (const name of ['content-type', 'location']) {
      expect(second.headers.get(name)).toBe(first.headers.get(name));
    }
    const isReplayed = second.headers.get('idempotency-replayed') === 'true';
    const isSecret = first.headers.get('cache-control') === 'no-store';
    expect(isReplayed).toBe(!isSecret);
  });

  test.each(['', 'x'.repeat(256), '"', 'a b'])('refuses a key such as %j', async (key) => {
    const ask = await successOf(world, id);
    const answer = await perform(world, operation, {
      ...ask,
      headers: { ...ask.headers, 'idempotency-key': key },
    });
    expect(outcomeOf(answer)).toBe('invalid_request');
  });

  test('does not do twice what died before it could answer', async () => {
    const ask = withKey(await successOf(world, id));
    const first = await perform(world, operation, ask);
    await world.settled();
    const before = await everything();
    await forgetAnswer(ask);
    const second = await perform(world, operation, ask);
    await world.settled();
    if (!TOLD_AGAIN.has(id)) expect(await everything()).toEqual(before);
    if (REPEATS_DIFFER.has(id)) return;
    expect(outcomeOf(second)).toBe(String(first.status));
    expect(idsIn(second)).toEqual(idsIn(first));
  });
});
/** Links are revoked once more, and an event tells of it: nothing is made. */
const TOLD_AGAIN = new Set(['revokePlayback']);
/** What was done is refused as done, or no longer there to be done: the project, the job under way again, the dead. */
const REPEATS_DIFFER = new Set(['createProject', 'retryJob', 'redriveDeadLetters']);

describe('a key', () => {
  test.each([
    ['another body', { body: { input_url: 'https://films.example/other.mp4' } }],
    ['another query', { query: { a: '1' } }],
  ])('is not taken for %s', async (_what, other) => {
    const ask = withKey({ body: { input_url: 'https://films.example/one.mp4' } });
    expect((await create(ask)).status).toBe(201);
    expect(outcomeOf(await create({ ...ask, ...other }))).toBe('idempotency_key_reused');
  });

  test('is not taken for another operation', async () => {
    const ask = withKey({ body: {} });
    expect(outcomeOf(await create(ask))).toBe('invalid_request');
    expect(outcomeOf(await perform(world, operationOf('createWebhook'), ask))).toBe('idempotency_key_reused');
  });

  test('is its project’s own', async () => {
    const ask = withKey({ body: { input_url: 'https://films.example/one.mp4' } });
    const other = await storeProject(world.ctx, `p-${randomUUID().slice(0, 8)}`);
    const here = await create(ask);
    const there = await create({ ...ask, headers: { ...ask.headers, ...asOperatorOf(other) } });
    expect([here.status, there.status]).toEqual([201, 201]);
    expect(idsIn(there)).not.toEqual(idsIn(here));
  });

  test('shows the answer to nobody who may not have it', async () => {
    const ask = withKey({ body: { url: 'https://receiver.example/hook' } });
    const mine = await perform(world, operationOf('createWebhook'), {
      ...ask,
      headers: { ...ask.headers, ...(await keyWith('webhooks:manage')) },
    });
    expect(mine.status).toBe(201);
    const theirs = await perform(world, operationOf('createWebhook'), {
      ...ask,
      headers: { ...ask.headers, ...(await keyWith('jobs:read')) },
    });
    expect(theirs.status).toBeGreaterThanOrEqual(400);
    expect(theirs.text).not.toContain('whsec_');
  });

  test('runs anew once it has expired', async () => {
    const ask = withKey({ body: { input_url: 'https://films.example/one.mp4' } });
    const first = await create(ask);
    await world.ctx.db
      .update(idempotencyKeys)
      .set({ expiresAt: new Date(0) })
      .where(eq(idempotencyKeys.key, ask.headers['idempotency-key']));
    const other = { ...ask, body: { input_url: 'https://films.example/other.mp4' } };
    const second = await create(other);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(idsIn(second)).not.toEqual(idsIn(first));
  });

  test('keeps no answer that was our own failure', async () => {
    const source = await putSource(world.ctx);
    const ask = withKey({ body: { input_key: source } });
    const failed = await create({ ...ask, ctx: withoutStorage(world.ctx, 'head') });
    expect(outcomeOf(failed)).toBe('storage_unavailable');
    expect((await create(ask)).status).toBe(201);
    expect(await count(sql`select 1 from jobs where source_key = ${source}`)).toBe(1);
  });

  test('reads no more of an endless body than any operation takes', async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    const request = requestOf(operationOf('createJob'), withKey({ body: '' }));
    expect(outcomeOf(await send(world.ctx, { ...request, body }))).toBe('body_too_large');
    expect(sent).toBeLessThan(8 * 1024 ** 2);
  });
});

function withKey(ask: Ask) {
  return { ...ask, headers: { ...ask.headers, 'idempotency-key': randomUUID() } };
}

function create(ask: Ask): Promise<Answer> {
  return perform(world, operationOf('createJob'), ask);
}

/** As if the edge had died after it did what was asked, and its claim had run out. */
async function forgetAnswer(ask: ReturnType<typeof withKey>): Promise<void> {
  await world.ctx.db
    .update(idempotencyKeys)
    .set({ status: null, headers: null, body: null, claimedUntil: new Date(0) })
    .where(eq(idempotencyKeys.key, ask.headers['idempotency-key']));
}

/** How many rows there are of all that requests make. */
function everything() {
  const tables = [
    'jobs',
    'tasks',
    'job_events',
    'uploads',
    'webhooks',
    'webhook_deliveries',
    'api_keys',
    'projects',
  ];
  const counts = tables.map(
    (table) => sql`(select count(*)::int from ${sql.identifier(table)}) as ${sql.identifier(table)}`,
  );
  return rowsOf(world.ctx.db, sql`select ${sql.join(counts, sql`, `)}`, z.record(z.string(), z.int()));
}

/** Everything in an answer that names or opens something. */
function idsIn({ text }: Answer): string[] {
  return text.match(/"(id|upload_id|input_key|key|secret|status)":"[^"]*"/g) ?? [];
}

async function keyWith(scope: Scope) {
  const caller = { projectId: 'default', actor: 'operator', scopes: ['admin'], operator: true } as const;
  return bearer((await createKey(world.ctx, { caller, name: 'k', scopes: [scope], expiresAt: null })).key);
}

async function count(rows: SQL): Promise<number> {
  const [found] = await rowsOf(
    world.ctx.db,
    sql`select count(*)::int as n from (${rows}) found`,
    z.object({ n: z.int() }),
  );
  return found?.n ?? 0;
}
