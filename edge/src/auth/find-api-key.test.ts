import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { bearer, type ClosedInstallation, openClosedInstallation } from '../testing/closed-installation.ts';
import { countStatements } from '../testing/count-statements.ts';
import { API_KEY_BYTES, formatApiKey } from './api-key.ts';
import { authenticate } from './authenticate.ts';
import type { Caller, Scope } from './caller.ts';
import { createKey } from './create-key.ts';
import { getKey } from './list-keys.ts';
import { revokeKey } from './revoke-key.ts';

let installation: ClosedInstallation;
beforeAll(async () => {
  installation = await openClosedInstallation();
});
afterAll(() => installation.close());

const operator: Caller = { projectId: 'default', actor: 'operator', scopes: ['admin'], operator: true };

function makeKey(scopes: Scope[] = ['jobs:read'], expiresAt: string | null = null) {
  return createKey(installation.ctx, { caller: operator, name: 'test', scopes, expiresAt });
}

function open(ctx: Context, key: string, project?: string) {
  return authenticate(ctx, new Headers(bearer(key, project)));
}

describe('a key', () => {
  test('says who calls, in which project, and what they may do', async () => {
    const { id, key } = await makeKey(['jobs:read', 'uploads:write']);
    const caller = await open(installation.ctx, key);
    expect(caller).toEqual({
      projectId: 'default',
      actor: `key:${id}`,
      scopes: ['jobs:read', 'uploads:write'],
      operator: false,
    });
    expect(await open(installation.ctx, key, 'default')).toEqual(caller);
  });

  test('opens no other project, and does not tell which there are', async () => {
    const { key } = await makeKey();
    await installation.ctx.db.execute(sql`insert into projects (id) values ('existing')`);
    const answers = await Promise.all(
      ['existing', 'missing'].map((project) => open(installation.ctx, key, project).catch((error) => error)),
    );
    expect(answers[0]).toMatchObject({ code: 'forbidden' });
    expect(answers[1]).toEqual(answers[0]);
  });

  test('costs one statement in five seconds', async () => {
    const { key } = await makeKey();
    const counted = countStatements(installation.otherIsolate());
    for (let i = 0; i < 10; i++) await open(counted.ctx, key);
    // One looks it up, the other notes its use.
    expect(counted.count()).toBe(2);
    installation.passSeconds(5);
    await open(counted.ctx, key);
    expect(counted.count()).toBe(3);
  });

  test('is revoked here at once, and elsewhere within five seconds', async () => {
    const { id, key } = await makeKey();
    const elsewhere = installation.otherIsolate();
    await open(elsewhere, key);
    await open(installation.ctx, key);
    await revokeKey(installation.ctx, { projectId: 'default', keyId: id, actor: 'test' });
    await expect(open(installation.ctx, key)).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'The API key was revoked.',
    });
    installation.passSeconds(5);
    await expect(open(elsewhere, key)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('expires at its time, also while it is remembered', async () => {
    const { key } = await makeKey(['admin'], new Date(installation.ctx.now() + 3_000).toISOString());
    await open(installation.ctx, key);
    installation.passSeconds(3);
    await expect(open(installation.ctx, key)).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'The API key has expired.',
    });
  });

  test('opens nothing once its project is being erased', async () => {
    const { ctx } = installation;
    await ctx.db.execute(sql`insert into projects (id) values ('leaving')`);
    const caller = { ...operator, projectId: 'leaving' };
    const { key } = await createKey(ctx, { caller, name: 'test', scopes: ['admin'], expiresAt: null });
    await open(ctx, key);
    await ctx.db.execute(sql`update projects set erasing_since = now() where id = 'leaving'`);
    installation.passSeconds(5);
    await expect(open(ctx, key)).rejects.toMatchObject({ code: 'project_erasing' });
  });

  test('remembers when it was used, once a minute however many isolates serve it', async () => {
    const { id, key } = await makeKey();
    const lastUsed = async () => {
      await installation.settled();
      return (await getKey(installation.ctx, { projectId: 'default', keyId: id })).lastUsedAt;
    };
    expect(await lastUsed()).toBe(null);
    await open(installation.ctx, key);
    const first = await lastUsed();
    expect(first).not.toBe(null);
    await open(installation.otherIsolate(), key);
    expect(await lastUsed()).toBe(first);
    await installation.ctx.db.execute(
      sql`update api_keys set last_used_at = now() - interval '2 minutes' where id = ${id}::uuid`,
    );
    installation.passSeconds(60);
    await open(installation.ctx, key);
    expect((await lastUsed()) ?? '').toMatch(/^20/);
    expect(Date.parse((await lastUsed()) ?? '')).toBeGreaterThanOrEqual(Date.parse(first ?? ''));
  });
});

describe('guessing', () => {
  test('a mistyped key and one of another environment cost no statement', async () => {
    const { key } = await makeKey();
    const counted = countStatements(installation.otherIsolate());
    const wrong = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
    const live = formatApiKey(counted.ctx.random.bytes(API_KEY_BYTES), 'production');
    for (const token of [wrong, live, 'mr_', key.slice(0, -3)]) {
      await expect(open(counted.ctx, token)).rejects.toMatchObject({ code: 'unauthorized' });
    }
    expect(counted.count()).toBe(0);
  });

  test('the same wrong key again costs no statement for a while', async () => {
    const counted = countStatements(installation.otherIsolate());
    const unknown = formatApiKey(counted.ctx.random.bytes(API_KEY_BYTES), 'local');
    for (let i = 0; i < 5; i++) {
      await expect(open(counted.ctx, unknown)).rejects.toMatchObject({ code: 'unauthorized' });
    }
    expect(counted.count()).toBe(1);
  });

  test('many wrong keys do not drive out the right one', async () => {
    const { key } = await makeKey();
    const ctx = installation.otherIsolate();
    await open(ctx, key);
    for (let i = 0; i < 20_000; i++) ctx.access.noKeys.set(String(i), true, Number.MAX_SAFE_INTEGER);
    const counted = countStatements(ctx);
    await open(counted.ctx, key);
    expect(counted.count()).toBe(0);
  });
});

test('a key grants nothing that its maker may not do', async () => {
  const maker: Caller = { projectId: 'default', actor: 'key:x', scopes: ['jobs:read'], operator: false };
  const making = createKey(installation.ctx, {
    caller: maker,
    name: 'n',
    scopes: ['jobs:write'],
    expiresAt: null,
  });
  await expect(making).rejects.toMatchObject({ code: 'forbidden' });
});
