import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { attempted } from '../log.ts';
import { Refusal } from '../refusal.ts';
import { ACCESS_TTL_MS } from './access-memory.ts';
import { apiKeyPrefix, hashApiKey, isApiKey } from './api-key.ts';
import { SCOPES } from './caller.ts';

/** A key that was made here once. */
const knownKey = z.object({
  id: z.string(),
  project_id: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  /** Milliseconds since the epoch. */
  expires_at: z.coerce.number().nullable(),
  revoked: z.boolean(),
  project_erasing: z.boolean(),
});
export type KnownKey = z.infer<typeof knownKey>;

const NOTE_EVERY_MS = 60_000;

/**
 * The key, when it opens its project now. Refuses with `unauthorized` or `project_erasing`. A text that cannot be a key
 * of this installation costs no statement; a key costs one every five seconds in each isolate.
 */
export async function findApiKey(ctx: Context, token: string): Promise<KnownKey> {
  if (!isApiKey(token)) throw new Refusal('unauthorized', 'The API key is mistyped or cut short.');
  const prefix = apiKeyPrefix(ctx.config.environment);
  if (!token.startsWith(prefix)) {
    throw new Refusal(
      'unauthorized',
      `The API key is of another environment: keys of this one begin with ${prefix}.`,
    );
  }
  const key = await lookUp(ctx, await hashApiKey(token));
  if (!key) throw new Refusal('unauthorized', 'There is no such API key.');
  if (key.revoked) throw new Refusal('unauthorized', 'The API key was revoked.');
  if (key.expires_at !== null && key.expires_at <= ctx.now()) {
    throw new Refusal('unauthorized', 'The API key has expired.');
  }
  if (key.project_erasing)
    throw new Refusal('project_erasing', 'The project of the API key is being erased.');
  noteUse(ctx, key.id);
  return key;
}

async function lookUp(ctx: Context, sha256: string): Promise<KnownKey | null> {
  const { keys, noKeys } = ctx.access;
  const known = keys.get(sha256, ctx.now());
  if (known) return known;
  if (noKeys.get(sha256, ctx.now())) return null;
  // What is remembered counts from before the question: the answer may already be old when it arrives.
  const until = ctx.now() + ACCESS_TTL_MS;
  const [found] = await rowsOf(
    ctx.db,
    sql`
      select k.id, k.project_id, k.scopes, extract(epoch from k.expires_at) * 1000 as expires_at,
             k.revoked_at is not null as revoked, p.erasing_since is not null as project_erasing
      from api_keys k join projects p on p.id = k.project_id
      where k.sha256 = ${sha256}`,
    knownKey,
  );
  if (found) keys.set(sha256, found, until);
  else noKeys.set(sha256, true, until);
  return found ?? null;
}

/** At most once a minute, however many isolates serve the key: the statement itself looks. */
function noteUse(ctx: Context, keyId: string): void {
  const { noted } = ctx.access;
  if (noted.get(keyId, ctx.now())) return;
  noted.set(keyId, true, ctx.now() + NOTE_EVERY_MS);
  const noting = ctx.db.execute(sql`
    update api_keys set last_used_at = now()
    where id = ${keyId}::uuid and (last_used_at is null or last_used_at < now() - interval '1 minute')`);
  ctx.waitUntil(attempted(ctx, 'note the use of a key', noting));
}
