import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import {
  asOperator,
  bearer,
  type ClosedInstallation,
  openClosedInstallation,
} from '../testing/closed-installation.ts';
import { createKey } from './create-key.ts';
import { revokeKey } from './revoke-key.ts';
import { whileAllowed } from './while-allowed.ts';

let installation: ClosedInstallation;
let ctx: Context;

beforeAll(async () => {
  installation = await openClosedInstallation();
  ctx = installation.ctx;
});
afterAll(() => installation.close());

/** Says nothing and ends with its signal. */
async function* silence(signal: AbortSignal): AsyncGenerator<string> {
  yield 'begun';
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  yield 'too late';
}

async function read(updates: AsyncGenerator<string>): Promise<string[]> {
  const seen: string[] = [];
  for await (const update of updates) seen.push(update);
  return seen;
}

async function newKey() {
  const caller = { projectId: 'default', actor: 'operator', scopes: ['admin'], operator: true } as const;
  const { id, key } = await createKey(ctx, { caller, name: 'k', scopes: ['jobs:read'], expiresAt: null });
  return { id, headers: new Headers(bearer(key)) };
}

describe('a stream', () => {
  const options = { askEveryMs: 20 };

  test('ends with the refusal when its key is revoked', async () => {
    const { id, headers } = await newKey();
    const watcher = { headers, scope: 'jobs:read', signal: AbortSignal.timeout(20_000) } as const;
    const updates = whileAllowed(ctx, watcher, silence, options);
    expect((await updates.next()).value).toBe('begun');
    const end = updates.next();
    await revokeKey(ctx, { projectId: 'default', keyId: id, actor: 'test' });
    await expect(end).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('ends when its caller no longer holds the scope', async () => {
    const { headers } = await newKey();
    const watcher = { headers, scope: 'admin', signal: AbortSignal.timeout(20_000) } as const;
    await expect(read(whileAllowed(ctx, watcher, silence, options))).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  test('ends by itself in the end, with nothing amiss', async () => {
    const watcher = {
      headers: new Headers(asOperator),
      scope: 'jobs:read',
      signal: AbortSignal.timeout(20_000),
    } as const;
    expect(await read(whileAllowed(ctx, watcher, silence, { ...options, lastsMs: 100 }))).toEqual(['begun']);
  });

  test('ends with its watcher', async () => {
    const leaving = new AbortController();
    const watcher = { headers: new Headers(asOperator), scope: 'jobs:read', signal: leaving.signal } as const;
    const updates = whileAllowed(ctx, watcher, silence, options);
    await updates.next();
    const end = updates.next();
    leaving.abort();
    expect(await end).toEqual({ done: true, value: undefined });
  });

  test('asks nobody while the installation rests', async () => {
    const quiet = { ...ctx.quiet, isQuiet: async () => true };
    const watcher = {
      headers: new Headers(),
      scope: 'jobs:read',
      signal: AbortSignal.timeout(20_000),
    } as const;
    const updates = whileAllowed({ ...ctx, quiet }, watcher, silence, { ...options, lastsMs: 200 });
    expect(await read(updates)).toEqual(['begun']);
  });
});
