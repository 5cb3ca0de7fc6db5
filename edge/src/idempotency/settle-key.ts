import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { KeyedRequest, StoredAnswer } from './claim-key.ts';

/** Keeps the answer of a request for its repetitions. */
export async function storeAnswer(ctx: Context, request: KeyedRequest, answer: StoredAnswer): Promise<void> {
  await ctx.db.execute(sql`
    update idempotency_keys
    set status = ${answer.status}, headers = ${JSON.stringify(answer.headers)}::jsonb, body = ${answer.body}
    where project_id = ${request.projectId} and key = ${request.key} and fingerprint = ${request.fingerprint}
      and status is null`);
}

/**
 * Keeps the key without an answer, for one that holds a secret: the repetition runs again, with the same ids and the same
 * secret, and another request under the key is still refused.
 */
export async function keepNoAnswer(ctx: Context, request: KeyedRequest): Promise<void> {
  await ctx.db.execute(sql`
    update idempotency_keys set claimed_until = now()
    where project_id = ${request.projectId} and key = ${request.key} and fingerprint = ${request.fingerprint}
      and status is null`);
}

/** Gives the key back after a request that came to nothing: its repetition runs anew. */
export async function releaseKey(ctx: Context, request: KeyedRequest): Promise<void> {
  await ctx.db.execute(sql`
    delete from idempotency_keys
    where project_id = ${request.projectId} and key = ${request.key} and fingerprint = ${request.fingerprint}
      and status is null`);
}
