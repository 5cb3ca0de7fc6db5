import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import {
  bearer,
  type ClosedInstallation,
  OPERATOR_TOKEN,
  openClosedInstallation,
} from '../testing/closed-installation.ts';
import { authenticate } from './authenticate.ts';
import { authorizeMetrics } from './authorize-metrics.ts';
import { SCOPES } from './caller.ts';
import { createKey } from './create-key.ts';

const METRICS_TOKEN = 'test-metrics-token-0000';

let installation: ClosedInstallation;
let closed: Context;
let open: Context;
beforeAll(async () => {
  installation = await openClosedInstallation({ metrics: { token: METRICS_TOKEN, open: false } });
  closed = installation.ctx;
  open = { ...closed, config: { ...closed.config, openAccess: true } };
  await closed.db.execute(sql`insert into projects (id) values ('other')`);
  await closed.db.execute(sql`insert into projects (id, erasing_since) values ('leaving', now())`);
});
afterAll(() => installation.close());

const come = (ctx: Context, headers: Record<string, string> = {}) => authenticate(ctx, new Headers(headers));

describe('the operator', () => {
  test('acts in the default project, or in any that is named', async () => {
    const caller = { projectId: 'default', actor: 'operator', scopes: SCOPES, operator: true };
    expect(await come(closed, bearer(OPERATOR_TOKEN))).toEqual(caller);
    expect(await come(closed, bearer(OPERATOR_TOKEN, 'other'))).toEqual({ ...caller, projectId: 'other' });
  });

  test('is told of a project that is not there, or not for long', async () => {
    for (const project of ['missing', 'Ünknown', "x'--", 'a'.repeat(300)].map(encodeURI)) {
      await expect(come(closed, bearer(OPERATOR_TOKEN, project))).rejects.toMatchObject({
        code: 'project_not_found',
      });
    }
    await expect(come(closed, bearer(OPERATOR_TOKEN, 'leaving'))).rejects.toMatchObject({
      code: 'project_erasing',
    });
  });
});

describe('an installation that runs open', () => {
  test('lets anybody in, in any project there is', async () => {
    const caller = { projectId: 'default', actor: 'local', scopes: SCOPES, operator: true };
    expect(await come(open)).toEqual(caller);
    expect(await come(open, { 'x-project-id': 'other' })).toEqual({ ...caller, projectId: 'other' });
    await expect(come(open, { 'x-project-id': 'missing' })).rejects.toMatchObject({
      code: 'project_not_found',
    });
  });

  test('refuses credentials that are wrong', async () => {
    await expect(come(open, bearer(`${OPERATOR_TOKEN}x`))).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

test.each([
  ['nothing', {}],
  ['a wrong token', bearer('wrong-operator-token')],
  ['half the token', bearer(OPERATOR_TOKEN.slice(0, -1))],
  ['the metrics token', bearer(METRICS_TOKEN)],
  ['a user and a password', { authorization: `Basic ${btoa(`operator:${OPERATOR_TOKEN}`)}` }],
  ['the token without a scheme', { authorization: OPERATOR_TOKEN }],
  ['an empty token', { authorization: 'Bearer ' }],
  ['an endless token', bearer('a'.repeat(100_000))],
  ['two tokens', { authorization: `Bearer ${OPERATOR_TOKEN}, Bearer ${OPERATOR_TOKEN}` }],
])('a closed installation refuses %s', async (_what, headers) => {
  await expect(come(closed, headers)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('without an operator token nobody is the operator', async () => {
  const ctx = { ...closed, config: { ...closed.config, operatorToken: null } };
  await expect(come(ctx, bearer(OPERATOR_TOKEN))).rejects.toMatchObject({ code: 'unauthorized' });
});

describe('metrics', () => {
  const read = (ctx: Context, headers: Record<string, string> = {}) =>
    authorizeMetrics(ctx, new Headers(headers));

  test('are for the operator and the metrics token', async () => {
    await read(closed, bearer(OPERATOR_TOKEN));
    await read(closed, bearer(METRICS_TOKEN));
    await expect(read(closed)).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(read(closed, bearer('wrong-metrics-token'))).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('are not for the key of one project, were it an administrator', async () => {
    const caller = await come(closed, bearer(OPERATOR_TOKEN));
    const { key } = await createKey(closed, { caller, name: 'n', scopes: ['admin'], expiresAt: null });
    await expect(read(closed, bearer(key))).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('are for all where the installation or its metrics are open', async () => {
    await read(open);
    await read({ ...closed, config: { ...closed.config, metrics: { token: null, open: true } } });
  });
});
