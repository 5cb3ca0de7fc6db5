import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';
import { joinEntries } from './entries.ts';

/** A first request that has not answered by then has died: its repetition may run. */
const CLAIM_SECONDS = 60;
const KEEP_HOURS = 24;

export interface KeyedRequest {
  projectId: string;
  key: string;
  /** Of caller, method, path and body. */
  fingerprint: string;
}

export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const row = z.object({
  epoch: z.string().nullable(),
  fingerprint: z.string().nullable(),
  status: z.number().nullable(),
  headers: z.record(z.string(), z.string()).nullable(),
  body: z.string().nullable(),
  entries: z.array(z.string()).nullable(),
});

/** The first answer, or leave to run. The epoch is the same for every run under the key, until the key expires. */
type Claim = { stored: StoredAnswer } | { epoch: string };

/**
 * Takes a key for this request. Refuses with `idempotency_key_reused` for another request than the first, and with
 * `idempotency_key_in_flight` while the first is under way.
 */
export async function claimKey(ctx: Context, request: KeyedRequest): Promise<Claim> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      with claimed as (
        insert into idempotency_keys as k (project_id, key, fingerprint, claimed_until, expires_at)
        values (${request.projectId}, ${request.key}, ${request.fingerprint},
                now() + ${CLAIM_SECONDS}::int * interval '1 second', now() + ${KEEP_HOURS}::int * interval '1 hour')
        on conflict (project_id, key) do update
        set fingerprint = excluded.fingerprint, claimed_until = excluded.claimed_until,
            expires_at = case when k.expires_at <= now() then excluded.expires_at else k.expires_at end,
            status = null, headers = null, body = null, entries = null, erased_entry = null, ids = '{}'
        where k.expires_at <= now()
          or (k.status is null and k.claimed_until <= now() and k.fingerprint = excluded.fingerprint)
        returning expires_at
      )
      select (select expires_at::text from claimed) as epoch, k.fingerprint, k.status, k.headers, k.body, k.entries
      from (select 1) one
      left join idempotency_keys k on k.project_id = ${request.projectId} and k.key = ${request.key}`,
    row,
  );
  if (!found) throw new Error('claiming a key yields a row');
  if (found.epoch !== null) return { epoch: found.epoch };
  if (found.fingerprint !== null && found.fingerprint !== request.fingerprint) {
    throw new Refusal('idempotency_key_reused', 'This Idempotency-Key came with another request before.');
  }
  if (found.status === null) {
    throw new Refusal(
      'idempotency_key_in_flight',
      'The first request with this key has not ended. Try again.',
      {
        retryAfterSeconds: 1,
      },
    );
  }
  const body = found.entries ? joinEntries(found.entries) : (found.body ?? '');
  return { stored: { status: found.status, headers: found.headers ?? {}, body } };
}
