import { randomUUID } from 'node:crypto';
import { NeonDbError } from '@neondatabase/serverless';
import { sql } from 'drizzle-orm';
import { newAccessMemory } from '../../auth/access-memory.ts';
import { createKey } from '../../auth/create-key.ts';
import type { Context } from '../../context.ts';
import { newPlaybackMemory } from '../../playback/playback-state.ts';
import { bearer } from '../../testing/closed-installation.ts';
import { storeProject } from '../../testing/store-job.ts';
import type { Operation } from '../operations.ts';
import { perform } from '../perform.ts';
import { type World, withoutDatabase } from '../world.ts';
import { type Ask, asOperatorOf } from './case.ts';

/** Makes a request that succeeds end in another way. */
type Spoil = (world: World, operation: Operation, ask: Ask) => Ask | Promise<Ask>;

const NOTHING_LISTENS = 'http://127.0.0.1:9/keys';
const MORE_THAN_ANY_BODY = 4 * 1024 ** 2 + 1;

/** What operations have in common, by code. Cases of their own come first. */
export const commonCases: Record<string, Spoil> = {
  invalid_request: (_world, operation, ask) => {
    if (operation.body) return { ...ask, body: [] };
    const [id] = operation.parameters.filter((parameter) => parameter.in === 'path');
    if (id) return { ...ask, params: { ...ask.params, [id.name]: '-' } };
    return { ...ask, query: { ...ask.query, nonsense: '1' } };
  },
  body_too_large: (_world, operation, ask) => ({
    ...ask,
    body: { a: 'x'.repeat(MORE_THAN_ANY_BODY) },
    // Where an operation has no body, only the look at the key reads one.
    headers: { ...ask.headers, ...(operation.body ? {} : { 'idempotency-key': randomUUID() }) },
  }),
  unsupported_content_type: (_world, _operation, ask) => ({
    ...ask,
    headers: { ...ask.headers, 'content-type': 'text/plain' },
  }),
  unauthorized: (_world, _operation, ask) => ({ ...ask, headers: bearer('nobody') }),
  forbidden: async ({ ctx }, _operation, ask) => ({ ...ask, headers: bearer(await makeKey(ctx), 'nowhere') }),
  project_not_found: (_world, _operation, ask) => ({ ...ask, headers: asOperatorOf('nowhere') }),
  project_erasing: async ({ ctx }, _operation, ask) => {
    const project = await storeProject(ctx, `p-${randomUUID().slice(0, 8)}`, { erasingSince: new Date() });
    return { ...ask, headers: asOperatorOf(project) };
  },
  rate_limited: ({ ctx }, _operation, ask) => ({
    ...ask,
    ctx: { ...ctx, rateLimiter: { take: async () => USED_UP } },
  }),
  identity_provider_unavailable: ({ ctx }, _operation, ask) => ({
    ...ask,
    headers: bearer('a.b.c'),
    ctx: { ...forgetful(ctx), config: { ...ctx.config, jwt: { ...PROVIDER, jwksUrl: NOTHING_LISTENS } } },
  }),
  database_unavailable: (world, operation, ask) => withError(world, operation, ask, new NeonDbError('gone')),
  internal: (world, operation, ask) => withError(world, operation, ask, new Error('select secret from jobs')),
  idempotency_key_in_flight: async (world, operation, ask) => {
    const repeated = await askOnce(world, operation, ask);
    await world.ctx.db.execute(sql`
      update idempotency_keys set status = null, claimed_until = now() + interval '1 minute'
      where key = ${repeated.headers['idempotency-key']}`);
    return repeated;
  },
  idempotency_key_reused: async (world, operation, ask) => ({
    ...(await askOnce(world, operation, ask)),
    query: { ...ask.query, another: 'request' },
  }),
};

/** How a caller stands who has asked too often. */
export const USED_UP = { isAllowed: false, limit: 1, windowSeconds: 60, remaining: 0, resetSeconds: 60 };
const PROVIDER = { issuer: 'https://id.test/', audience: 'millrace', projectsClaim: 'projects' };

/** The database throws at the first statement: that of the key, or of playback. Health asks it nothing. */
async function withError({ ctx }: World, operation: Operation, ask: Ask, error: Error): Promise<Ask> {
  const broken = withoutDatabase(forgetful(ctx), error);
  if (operation.path !== '/health') return { ...ask, headers: bearer(await makeKey(ctx)), ctx: broken };
  return {
    ctx: {
      ...ctx,
      now: () => {
        throw error;
      },
    },
  };
}

/** The request, with an Idempotency-Key, after it has succeeded once. */
export async function askOnce(world: World, operation: Operation, ask: Ask) {
  const keyed = { ...ask, headers: { ...ask.headers, 'idempotency-key': randomUUID() } };
  const first = await perform(world, operation, keyed);
  if (first.status >= 300) throw new Error(`${operation.id} did not succeed: ${first.text}`);
  return keyed;
}

function forgetful(ctx: Context): Context {
  return { ...ctx, access: newAccessMemory(), playback: newPlaybackMemory() };
}

async function makeKey(ctx: Context): Promise<string> {
  const caller = { projectId: 'default', actor: 'operator', scopes: ['admin'], operator: true } as const;
  return (await createKey(ctx, { caller, name: 'ci', scopes: ['admin'], expiresAt: null })).key;
}
