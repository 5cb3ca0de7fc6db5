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
 * force, and with `key_replaced` when it has a successor already.
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
          and (expires_at is null or expires_at > now()) and replaced_at is null
          and not exists (select from made_before)
        for update
      ),
      ended as (
        update api_keys k
        set expires_at = least(k.expires_at, now() + ${input.overlapSeconds}::int * interval '1 second'),
            replaced_at = now()
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
  if (!made) throw await refusalOf(ctx, input);
  return { ...made, key };
}

async function refusalOf(ctx: Context, { projectId, keyId }: RotateKey): Promise<Refusal> {
  const { rows } = await ctx.db.execute(sql`
    select 1 from api_keys
    where id = ${keyId}::uuid and project_id = ${projectId} and revoked_at is null and expires_at > now()
      and replaced_at is not null`);
  return rows.length > 0
    ? new Refusal('key_replaced', `API key ${keyId} has a successor already. Rotate that one.`)
    : new Refusal('key_not_found', `There is no API key ${keyId} in force.`);
}
