import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES } from '../auth/caller.ts';
import { countStatements } from '../testing/count-statements.ts';
import {
  AUDIENCE,
  type IdentityProvider,
  ISSUER,
  startIdentityProvider,
} from '../testing/identity-provider.ts';
import { storeProject } from '../testing/store-job.ts';
import { successOf } from './cases/all.ts';
import { type Ask, asOperatorOf } from './cases/case.ts';
import { breaches, outcomeOf } from './check-answer.ts';
import { badCredentials, keyOf, PROJECTS_CLAIM } from './credentials.ts';
import { NEEDED } from './needed-scopes.ts';
import { type Operation, operationOf, operations } from './operations.ts';
import { perform } from './perform.ts';
import type { Answer } from './send.ts';
import { openWorld, UNKNOWN, type World } from './world.ts';

const STRANGERS = 'strangers';
const keyed = operations
  .filter(({ needsKey }) => needsKey)
  .map((operation) => [operation.id, operation] as const);
const withIds = keyed.filter(([, { path }]) => path.includes('{'));
const lists = keyed.filter(([, { parameters }]) => parameters.some(({ name }) => name === 'cursor'));

let world: World;
let provider: IdentityProvider;
let bad: Awaited<ReturnType<typeof badCredentials>>;
let asStranger: Record<string, string>;
beforeAll(async () => {
  provider = await startIdentityProvider();
  const jwt = {
    jwksUrl: provider.jwksUrl,
    issuer: ISSUER,
    audience: AUDIENCE,
    projectsClaim: PROJECTS_CLAIM,
  };
  world = await openWorld({ jwt });
  bad = await badCredentials(world.ctx, provider);
  await storeProject(world.ctx, STRANGERS);
  asStranger = await keyOf(world.ctx, STRANGERS, ['admin']);
});
afterAll(async () => {
  await provider?.stop();
  await world?.close();
});

describe.each(keyed)('%s', (id, operation) => {
  test('asks who comes', async () => {
    const ask = await successOf(world, id);
    for (const [what, headers] of Object.entries(bad)) {
      const answer = await perform(world, operation, { ...ask, headers: anew(headers) });
      expect([what, outcomeOf(answer), breaches(operation, answer)]).toEqual([what, 'unauthorized', []]);
    }
  });

  test('asks for its scope', async () => {
    const ask = await successOf(world, id);
    const needed = NEEDED[id];
    const project = ask.headers?.['x-project-id'] ?? 'default';
    const others = SCOPES.filter((scope) => scope !== needed && (scope !== 'admin' || needed === 'operator'));
    const refused = await perform(world, operation, {
      ...ask,
      headers: await keyOf(world.ctx, project, others),
    });
    expect([needed, outcomeOf(refused)]).toEqual([needed, 'forbidden']);
    if (needed === undefined || needed === 'operator') return;
    const taken = await perform(world, operation, {
      ...ask,
      headers: await keyOf(world.ctx, project, [needed]),
    });
    expect(['unauthorized', 'forbidden']).not.toContain(outcomeOf(taken));
  });
});

describe.each(withIds)('to a key of another project, %s', (id, operation) => {
  test('knows no more of what is there than of what is not', async () => {
    const ask = await successOf(world, id);
    const there = ask.params ?? {};
    const nowhere = mapValues(there, (value) =>
      value.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|^p-.+/, UNKNOWN),
    );
    expect(nowhere).not.toEqual(there);
    // As warm as it gets: its owner has just read it, and so has the stranger.
    if (operation.path.startsWith('/jobs/{id}'))
      await perform(world, operationOf('getJob'), { params: there });
    await world.settled();
    await look(operation, ask, there);
    const foreign = await look(operation, ask, there);
    expect(foreign).toEqual(await look(operation, ask, nowhere));
    expect(foreign.outcome).toMatch(NEEDED[id] === 'operator' ? /^forbidden$/ : /_not_found$/);
  });
});

test('a delivery is not found below another webhook than its own', async () => {
  for (const id of ['getDelivery', 'replayDelivery']) {
    const [theirs, mine] = [await successOf(world, id), await successOf(world, id)];
    const look = (delivery_id: string) =>
      perform(world, operationOf(id), { ...mine, params: { id: mine.params?.id ?? '', delivery_id } });
    const [foreign, unknown] = [await look(theirs.params?.delivery_id ?? ''), await look(UNKNOWN)];
    expect([outcomeOf(foreign), outcomeOf(unknown)]).toEqual(['delivery_not_found', 'delivery_not_found']);
  }
});

describe.each(
  keyed.filter(
    ([id, { method, path }]) => method === 'GET' && !path.includes('{') && NEEDED[id] !== 'operator',
  ),
)('to a key of another project, %s', (id, operation) => {
  test('tells nothing of this one', async () => {
    const ask = await successOf(world, id);
    const mine = await perform(world, operation, ask);
    const theirs = await perform(world, operation, { ...ask, headers: await newStranger() });
    expect(theirs.status).toBe(200);
    expect(idsIn(mine).filter((known) => idsIn(theirs).includes(known))).toEqual([]);
    // But for the key itself there is nothing in their project.
    const entries = theirs.text.match(/"created_at"|"requested_at"|"first_seen_at"/g) ?? [];
    expect(entries).toHaveLength(id === 'listKeys' ? 1 : 0);
  });
});

test('a job is not made of the source of another project', async () => {
  const ask = await successOf(world, 'createJob');
  const answer = await perform(world, operationOf('createJob'), { ...ask, headers: asStranger });
  expect(outcomeOf(answer)).toBe('source_not_found');
});

describe.each(lists)('a cursor of %s', (id, operation) => {
  test('opens no other list', async () => {
    const { ask, cursor } = await cursorOf(id, operation);
    const opened = await perform(world, operation, { ...ask, query: { ...ask.query, cursor } });
    expect(outcomeOf(opened)).toBe('200');
    for (const [otherId, other] of lists.filter(([otherId]) => otherId !== id)) {
      const otherAsk = await successOf(world, otherId);
      const answer = await perform(world, other, { ...otherAsk, query: { limit: '1', cursor } });
      expect([otherId, outcomeOf(answer), breaches(other, answer)]).toEqual([otherId, 'invalid_request', []]);
    }
  });
});

describe.each(lists.filter(([id]) => NEEDED[id] !== 'operator'))('a cursor of %s', (id, operation) => {
  test('opens nothing in another project', async () => {
    const { cursor } = await cursorOf(id, operation);
    // A list below something is in another project below something else.
    const elsewhere = operation.path.includes('{')
      ? await successOf(world, id)
      : { headers: asOperatorOf(STRANGERS) };
    const answer = await perform(world, operation, { ...elsewhere, query: { limit: '1', cursor } });
    expect(outcomeOf(answer)).toBe('invalid_request');
  });
});

test('a cursor of one order opens no other', async () => {
  const { cursor } = await cursorOf('listJobs', operationOf('listJobs'));
  const answer = await perform(world, operationOf('listJobs'), { query: { sort: 'created_at', cursor } });
  expect(outcomeOf(answer)).toBe('invalid_request');
});

/** An administrator of a project in which nothing has happened yet. */
async function newStranger() {
  return keyOf(world.ctx, await storeProject(world.ctx, `p-${randomUUID().slice(0, 8)}`), ['admin']);
}

/** The request of a first page that has a next one. */
async function cursorOf(id: string, operation: Operation): Promise<{ ask: Ask; cursor: string }> {
  await successOf(world, id);
  const { query: _filters, ...ask } = await successOf(world, id);
  const first = await perform(world, operation, { ...ask, query: { limit: '1' } });
  const cursor: unknown = JSON.parse(first.text).next_cursor;
  if (typeof cursor !== 'string') throw new Error(`${id} has no second page: ${first.text}`);
  return { ask: { ...ask, query: { limit: '1' } }, cursor };
}

/** What a stranger sees, but for the ids in it, and how often the database was asked for it. */
async function look(operation: Operation, ask: Ask, params: Record<string, string>) {
  const counted = countStatements(world.ctx);
  const answer = await perform(world, operation, { ...ask, params, headers: asStranger, ctx: counted.ctx });
  const hidden = Object.values(params).reduce((text, value) => text.replaceAll(value, '*'), answer.text);
  return { outcome: outcomeOf(answer), body: hidden, statements: counted.count() };
}

function anew(headers: Record<string, string>): Record<string, string> {
  return { authorization: '', ...headers };
}

function idsIn({ text }: Answer): string[] {
  return text.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];
}

function mapValues(
  values: Record<string, string>,
  change: (value: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}
