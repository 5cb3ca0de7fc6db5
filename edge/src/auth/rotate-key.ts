import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';
import { API_KEY_BYTES, apiKeyHint, formatApiKey, hashApiKey } from './api-key.ts';
import { keyColumns, keyRow, type NewKeyView } from './key-row.ts';

export interface RotateKey {
  projectId: string;
  keyId: string;
  /** How long the old key still opens. */
  overlapSeconds: number;
  actor: string;
}

/**
 * Makes a key of the same name and scopes, and ends the old one after the overlap, or at its own end if that is sooner.
 * The new key lives as long as the old one was made to. Refuses with `key_not_found` when the old one is no longer in
 * force.
 */
export async function rotateKey(ctx: Context, input: RotateKey): Promise<NewKeyView> {
  const key = formatApiKey(ctx.random.bytes(API_KEY_BYTES), ctx.config.environment);
  const id = ctx.random.uuid();
  const sha256 = await hashApiKey(key);
  const [made] = await rowsOf(
    ctx.db,
    sql`
      with made_before as (
        -- A repeated request derives the same id and the same key: it finds what it made.
        select * from api_keys where id = ${id}::uuid and project_id = ${input.projectId} and sha256 = ${sha256}
      ),
      old as (
        select * from api_keys
        where id = ${input.keyId}::uuid and project_id = ${input.projectId} and revoked_at is null
          and (expires_at is null or expires_at > now()) and not exists (select from made_before)
        for update
      ),
      ended as (
        update api_keys k set expires_at = least(k.expires_at, now() + ${input.overlapSeconds}::int * interval '1 second')
        from old where k.id = old.id
      ),
      made as (
        insert into api_keys (id, project_id, name, hint, sha256, scopes, created_by, expires_at)
        select ${id}::uuid, project_id, name, ${apiKeyHint(key)}, ${sha256}, scopes, ${input.actor},
               now() + (expires_at - created_at)
        from old
        returning *
      )
      select ${keyColumns} from (select * from made union all select * from made_before) found`,
    keyRow,
  );
  if (!made) throw new Refusal('key_not_found', `There is no API key ${input.keyId} in force.`);
  return { ...made, key };
}
