import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';
import { API_KEY_BYTES, apiKeyHint, formatApiKey, hashApiKey } from './api-key.ts';
import { type Caller, requireScope, type Scope } from './caller.ts';
import { keyColumns, keyRow, type NewKeyView } from './key-row.ts';

export interface CreateKey {
  caller: Caller;
  name: string;
  scopes: readonly Scope[];
  /** ISO 8601; null for a key that does not expire. */
  expiresAt: string | null;
}

/**
 * Makes a key for the caller's project. Refuses with `forbidden` to grant what the caller may not do, and with
 * `invalid_request` to make a key that has expired.
 */
export async function createKey(ctx: Context, input: CreateKey): Promise<NewKeyView> {
  for (const scope of input.scopes) requireScope(input.caller, scope);
  if (input.expiresAt !== null && Date.parse(input.expiresAt) <= ctx.now()) {
    const issue = { path: 'body.expires_at', message: 'must lie in the future' };
    throw new Refusal('invalid_request', `${issue.path}: ${issue.message}`, { issues: [issue] });
  }
  const key = formatApiKey(ctx.random.bytes(API_KEY_BYTES), ctx.config.environment);
  const [made] = await rowsOf(
    ctx.db,
    sql`
      insert into api_keys (id, project_id, name, hint, sha256, scopes, created_by, expires_at)
      select ${ctx.random.uuid()}::uuid, p.id, ${input.name}, ${apiKeyHint(key)}, ${await hashApiKey(key)},
             array(select jsonb_array_elements_text(${JSON.stringify([...new Set(input.scopes)])}::jsonb)),
             ${input.caller.actor}, ${input.expiresAt}::timestamptz
      from projects p where p.id = ${input.caller.projectId}
      -- A repeated request derives the same id and the same key: it finds what it made.
      on conflict (id) do update set id = excluded.id where api_keys.sha256 = excluded.sha256
      returning ${keyColumns}`,
    keyRow,
  );
  if (!made) throw new Refusal('project_not_found', 'There is no such project.');
  return { ...made, key };
}
