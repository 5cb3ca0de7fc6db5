import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { SCOPES, type Scope } from './caller.ts';

/** An API key as people see it: everything but the key. Times are ISO 8601. */
export interface KeyView {
  id: string;
  name: string;
  hint: string;
  scopes: Scope[];
  createdBy: string;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  revokedAt: string | null;
}

/** A key that was just made, with the one look at it that there is. */
export interface NewKeyView extends KeyView {
  key: string;
}

/** The columns of `keyRow`, of a row of `api_keys`. */
export const keyColumns = sql`
  id, name, hint, scopes, created_by, extract(epoch from created_at) * 1000 as created_ms,
  extract(epoch from expires_at) * 1000 as expires_ms, extract(epoch from last_used_at) * 1000 as last_used_ms,
  extract(epoch from revoked_at) * 1000 as revoked_ms`;

const milliseconds = z.coerce.number();

export const keyRow = z
  .object({
    id: z.string(),
    name: z.string(),
    hint: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    created_by: z.string(),
    created_ms: milliseconds,
    expires_ms: milliseconds.nullable(),
    last_used_ms: milliseconds.nullable(),
    revoked_ms: milliseconds.nullable(),
  })
  .transform(
    (row): KeyView => ({
      id: row.id,
      name: row.name,
      hint: row.hint,
      scopes: row.scopes,
      createdBy: row.created_by,
      createdAt: iso(row.created_ms),
      expiresAt: row.expires_ms === null ? null : iso(row.expires_ms),
      lastUsedAt: row.last_used_ms === null ? null : iso(row.last_used_ms),
      revokedAt: row.revoked_ms === null ? null : iso(row.revoked_ms),
    }),
  );

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
