import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  asOperator,
  bearer,
  type ClosedInstallation,
  OPERATOR_TOKEN,
  openClosedInstallation,
} from '../testing/closed-installation.ts';
import { type GraphqlAnswer, graphqlClient } from '../testing/graphql-client.ts';
import { type RestClient, restClient } from '../testing/rest-client.ts';

/* Keys, users and projects, where everybody is asked who they are. */

let installation: ClosedInstallation;
let rest: RestClient;
let asAdmin: Record<string, string>;

beforeAll(async () => {
  installation = await openClosedInstallation();
  rest = restClient(installation.ctx);
  for (const id of ['films', 'news'])
    await ask(asOperator, 'mutation ($id: ID!) { createProject(input: {id: $id}) { id } }', { id });
  asAdmin = bearer((await makeKey(bearer(OPERATOR_TOKEN, 'films'), ['admin'])).key);
});
afterAll(() => installation.close());

async function ask(
  headers: Record<string, string>,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<GraphqlAnswer> {
  return graphqlClient({
    ...rest,
    send: (m, path, body, h) => rest.send(m, path, body, { ...h, ...headers }),
  }).ask(query, variables);
}

const made = z.object({ key: z.string(), apiKey: z.looseObject({ id: z.string() }) });

async function makeKey(headers: Record<string, string>, scopes: string[]) {
  const { data, errors } = await ask(
    headers,
    `mutation ($scopes: [String!]!) { createApiKey(input: {name: "ci", scopes: $scopes}) {
      key apiKey { id name hint scopes createdBy expiresAt revokedAt } } }`,
    { scopes },
  );
  expect(errors).toBeUndefined();
  return made.parse(data?.createApiKey);
}

function codeOf(answer: GraphqlAnswer): unknown {
  return answer.errors?.[0]?.extensions.code;
}

describe('API keys', () => {
  test('are made, used, listed without themselves, replaced and revoked', async () => {
    const { key, apiKey } = await makeKey(asAdmin, ['jobs:read']);
    expect(apiKey).toMatchObject({ name: 'ci', scopes: ['jobs:read'], expiresAt: null, revokedAt: null });
    const query = '{ systemMetrics { totalJobs } }';
    expect((await ask(bearer(key), query)).errors).toBeUndefined();

    const listed = await ask(asAdmin, '{ apiKeys(limit: 1) { nodes { id name } nextCursor } }');
    expect(listed.data?.apiKeys).toEqual({
      nodes: [{ id: apiKey.id, name: 'ci' }],
      nextCursor: expect.any(String),
    });

    const rotate =
      'mutation ($id: ID!) { rotateApiKey(id: $id, overlapSeconds: 60) { key apiKey { id scopes } } }';
    const fresh = made.parse((await ask(asAdmin, rotate, { id: apiKey.id })).data?.rotateApiKey);
    for (const one of [key, fresh.key]) expect((await ask(bearer(one), query)).errors).toBeUndefined();

    const revoke = 'mutation ($id: ID!) { revokeApiKey(id: $id) { id revokedAt } }';
    expect((await ask(asAdmin, revoke, { id: fresh.apiKey.id })).data?.revokeApiKey).toEqual({
      id: fresh.apiKey.id,
      revokedAt: expect.any(String),
    });
    expect(codeOf(await ask(bearer(fresh.key), query))).toBe('unauthorized');
    const read = await ask(asAdmin, 'query ($id: ID!) { apiKey(id: $id) { name revokedAt } }', {
      id: fresh.apiKey.id,
    });
    expect(read.data?.apiKey).toEqual({ name: 'ci', revokedAt: expect.any(String) });
  });

  test('asked for again under one Idempotency-Key are the same, and are kept nowhere', async () => {
    const send = () =>
      rest.send(
        'POST',
        '/graphql',
        {
          query:
            'mutation { createApiKey(input: {name: "once", scopes: ["jobs:read"]}) { key apiKey { id } } }',
        },
        { ...asAdmin, 'idempotency-key': 'once' },
      );
    const first = await send();
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect((await send()).text).toBe(first.text);
    const kept = await installation.ctx.db.execute(
      sql`select body from idempotency_keys where body is not null`,
    );
    expect(kept.rows).toEqual([]);
  });

  test('of another project are not there', async () => {
    const { apiKey } = await makeKey(bearer(OPERATOR_TOKEN, 'news'), ['jobs:read']);
    const { id } = apiKey;
    expect(await ask(asAdmin, 'query ($id: ID!) { apiKey(id: $id) { id } }', { id })).toEqual({
      data: { apiKey: null },
    });
    expect(codeOf(await ask(asAdmin, 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id }))).toBe(
      'key_not_found',
    );
    expect(codeOf(await ask(asAdmin, 'mutation ($id: ID!) { rotateApiKey(id: $id) { key } }', { id }))).toBe(
      'key_not_found',
    );
  });
});

test('the people of a project are listed to its administrators', async () => {
  await installation.ctx.db.execute(
    sql`insert into users (project_id, subject, name, role) values ('films', 'u-1', 'Ada', 'editor'), ('news', 'u-2', 'Bo', 'admin')`,
  );
  const { data } = await ask(asAdmin, '{ users { nodes { subject name role firstSeenAt } nextCursor } }');
  expect(data?.users).toMatchObject({
    nodes: [{ subject: 'u-1', name: 'Ada', role: 'editor' }],
    nextCursor: null,
  });
});

describe('projects', () => {
  const read =
    'query ($id: ID!) { project(id: $id) { project { id name legalHold quotas { minutesPerDay storedBytes } } usage { jobsToday storedBytes } } }';
  const change =
    'mutation ($id: ID!, $changes: ProjectChanges!) { updateProject(id: $id, changes: $changes) { project { name legalHold quotas { minutesPerDay storedBytes } retention { keepLogsDays } } } }';

  test('administrators read and change their own, within what is theirs', async () => {
    expect((await ask(asAdmin, read, { id: 'films' })).data?.project).toMatchObject({
      project: { id: 'films', legalHold: false, quotas: { minutesPerDay: null } },
      usage: { jobsToday: 0, storedBytes: 0 },
    });
    const changes = { name: 'Films', retention: { keepLogsDays: 3 }, legalHold: true };
    const changed = await ask(asAdmin, change, { id: 'films', changes });
    expect(changed.data?.updateProject).toMatchObject({
      project: { name: 'Films', legalHold: true, retention: { keepLogsDays: 3 } },
    });
    for (const beyond of [{ quotas: { minutesPerDay: 5 } }, { legalHold: false }])
      expect(codeOf(await ask(asAdmin, change, { id: 'films', changes: beyond }))).toBe('forbidden');
  });

  test('to them there is no other', async () => {
    for (const id of ['news', 'nowhere', 'NOT an id'])
      expect(await ask(asAdmin, read, { id })).toEqual({ data: { project: null } });
    expect(codeOf(await ask(asAdmin, change, { id: 'news', changes: { name: 'x' } }))).toBe(
      'project_not_found',
    );
  });

  test('the operator sets quotas and takes them off again: null is a value there', async () => {
    const set = async (quotas: object) =>
      (await ask(asOperator, change, { id: 'news', changes: { quotas } })).data?.updateProject;
    expect(await set({ minutesPerDay: 5, storedBytes: 2 ** 40 })).toMatchObject({
      project: { quotas: { minutesPerDay: 5, storedBytes: 2 ** 40 } },
    });
    expect(await set({ minutesPerDay: null })).toMatchObject({
      project: { quotas: { minutesPerDay: null, storedBytes: 2 ** 40 } },
    });
  });

  test('the operator makes, lists and erases them', async () => {
    const create = 'mutation ($input: ProjectInput!) { createProject(input: $input) { id name } }';
    const input = { id: 'short-lived', name: 'Short' };
    expect((await ask(asOperator, create, { input })).data?.createProject).toEqual(input);
    expect(codeOf(await ask(asOperator, create, { input }))).toBe('project_exists');
    const refused = await ask(asOperator, create, { input: { id: 'NOT an id' } });
    expect(refused.errors?.[0]?.extensions.issues).toMatchObject([{ path: 'input.id' }]);

    const list = async (args: string) =>
      z
        .object({ nodes: z.array(z.object({ id: z.string() })), nextCursor: z.string().nullable() })
        .parse((await ask(asOperator, `{ projects${args} { nodes { id } nextCursor } }`)).data?.projects);
    const first = await list('(limit: 3)');
    const second = await list(`(limit: 3, cursor: "${first.nextCursor}")`);
    expect([...first.nodes, ...second.nodes].map(({ id }) => id)).toEqual([
      'default',
      'films',
      'news',
      'short-lived',
    ]);

    const erased = await ask(
      asOperator,
      'mutation ($id: ID!) { eraseProject(id: $id) { kind subjectId status } }',
      {
        id: 'short-lived',
      },
    );
    expect(erased.data?.eraseProject).toEqual({
      kind: 'project',
      subjectId: 'short-lived',
      status: 'erasing',
    });
    expect(codeOf(await ask(bearer(OPERATOR_TOKEN, 'short-lived'), '{ jobs { id } }'))).toBe(
      'project_erasing',
    );
  });
});
