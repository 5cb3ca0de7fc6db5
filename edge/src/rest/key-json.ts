import { z } from '@hono/zod-openapi';
import { SCOPES } from '../auth/caller.ts';
import type { KeyView, NewKeyView } from '../auth/key-row.ts';

const fields = {
  id: z.uuid().describe('Names the key in other calls. It opens nothing.'),
  name: z.string().describe('As it was given.'),
  hint: z.string().describe('How the key begins.'),
  scopes: z.array(z.enum(SCOPES)).describe('What it may do. `admin` may do everything in its project.'),
  created_by: z.string().describe('Whoever made it.'),
  created_at: z.iso.datetime().describe('When it was made.'),
  expires_at: z.iso.datetime().nullable().describe('Until when it opens; null for no end.'),
  last_used_at: z.iso.datetime().nullable().describe('To the minute; null when it never was.'),
  revoked_at: z.iso.datetime().nullable().describe('When it was revoked; null when it was not.'),
};
export const key = z.object(fields).openapi('ApiKey');
export const newKey = z
  .object({ ...fields, key: z.string().describe('The key itself. It is shown here and never again.') })
  .openapi('NewApiKey');

export function keyJson(view: KeyView): z.infer<typeof key> {
  return {
    id: view.id,
    name: view.name,
    hint: view.hint,
    scopes: view.scopes,
    created_by: view.createdBy,
    created_at: view.createdAt,
    expires_at: view.expiresAt,
    last_used_at: view.lastUsedAt,
    revoked_at: view.revokedAt,
  };
}

export function newKeyJson(view: NewKeyView): z.infer<typeof newKey> {
  return { ...keyJson(view), key: view.key };
}
