import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { KeyedRequest, StoredAnswer } from './claim-key.ts';
import { cutEntries } from './entries.ts';

/** Keeps the answer of a request for its repetitions, and by what ids `blankAnswers` finds it. */
export async function storeAnswer(
  ctx: Context,
  request: KeyedRequest,
  { status, headers, body }: StoredAnswer,
  { ids, erasedEntry }: { ids: string[]; erasedEntry: string },
): Promise<void> {
  const entries = status === 200 ? cutEntries(body) : null;
  await ctx.db.execute(sql`
    update idempotency_keys
    set status = ${status}, headers = ${JSON.stringify(headers)}::jsonb, body = ${entries ? null : body},
        entries = ${entries ? sql.param(entries) : null}::text[], erased_entry = ${entries ? erasedEntry : null},
        ids = ${sql.param(ids)}::uuid[]
    where project_id = ${request.projectId} and key = ${request.key} and fingerprint = ${request.fingerprint}
      and status is null`);
}

/**
 * Keeps the key without an answer, after a failure, and for an answer that holds a secret: the repetition runs again,
 * with the same ids and the same secret, and another request under the key is still refused.
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
