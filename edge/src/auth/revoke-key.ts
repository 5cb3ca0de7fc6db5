import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';

/** Ends a key: here at once, in other isolates within five seconds. Its row stays; revoking again is fine. */
export async function revokeKey(
  ctx: Context,
  input: { projectId: string; keyId: string; actor: string },
): Promise<void> {
  const [revoked] = await rowsOf(
    ctx.db,
    sql`
      update api_keys set revoked_at = coalesce(revoked_at, now()), revoked_by = coalesce(revoked_by, ${input.actor})
      where id = ${input.keyId}::uuid and project_id = ${input.projectId}
      returning sha256`,
    z.object({ sha256: z.string() }),
  );
  if (!revoked) throw new Refusal('key_not_found', `There is no API key ${input.keyId}.`);
  ctx.access.keys.delete(revoked.sha256);
}
