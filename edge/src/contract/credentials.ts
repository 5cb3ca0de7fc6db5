import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { SignJWT } from 'jose';
import { API_KEY_BYTES, formatApiKey } from '../auth/api-key.ts';
import type { Scope } from '../auth/caller.ts';
import { createKey } from '../auth/create-key.ts';
import { revokeKey } from '../auth/revoke-key.ts';
import type { Context } from '../context.ts';
import { apiKeys } from '../db/schema.ts';
import { bearer } from '../testing/closed-installation.ts';
import { AUDIENCE, type IdentityProvider, ISSUER } from '../testing/identity-provider.ts';

/** Where the tokens of these tests name their projects. */
export const PROJECTS_CLAIM = 'projects';

/** Headers that let nobody in, by what is wrong with them. */
export async function badCredentials(
  ctx: Context,
  provider: IdentityProvider,
): Promise<Record<string, Record<string, string>>> {
  const expired = await newKey(ctx, 'default', ['admin']);
  await ctx.db
    .update(apiKeys)
    .set({ expiresAt: new Date(0) })
    .where(eq(apiKeys.id, expired.id));
  const revoked = await newKey(ctx, 'default', ['admin']);
  await revokeKey(ctx, { projectId: 'default', keyId: revoked.id, actor: 'test' });
  const claims = { sub: 'ann', [PROJECTS_CLAIM]: { default: 'admin' } };
  const published = await (await fetch(provider.jwksUrl)).text();
  return {
    'no key': {},
    'a key that was never made': bearer(formatApiKey(ctx.random.bytes(API_KEY_BYTES), 'local')),
    'a key of another environment': bearer(formatApiKey(ctx.random.bytes(API_KEY_BYTES), 'production')),
    'a mistyped key': bearer(`${expired.key.slice(0, -1)}_`),
    'another scheme': { authorization: `Basic ${btoa('a:b')}` },
    'an expired key': bearer(expired.key),
    'a revoked key': bearer(revoked.key),
    'an unsigned token': bearer(unsigned(claims)),
    'a token signed with the public key': bearer(await signedWith(published, claims)),
    'an expired token': bearer(await provider.sign({ ...claims, exp: 1 })),
  };
}

export async function keyOf(ctx: Context, project: string, scopes: Scope[]): Promise<Record<string, string>> {
  return bearer((await newKey(ctx, project, scopes)).key);
}

function newKey(ctx: Context, projectId: string, scopes: Scope[]) {
  const caller = { projectId, actor: 'operator', scopes: ['admin'], operator: true } as const;
  return createKey(ctx, { caller, name: randomUUID(), scopes, expiresAt: null });
}

function unsigned(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 600;
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ iss: ISSUER, aud: AUDIENCE, exp, ...claims })}.`;
}

/** Takes what everybody may read for a shared secret. */
function signedWith(published: string, claims: Record<string, unknown>): Promise<string> {
  const [key] = JSON.parse(published).keys;
  return new SignJWT({ iss: ISSUER, aud: AUDIENCE, ...claims })
    .setProtectedHeader({ alg: 'HS256', kid: key.kid })
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(JSON.stringify(key)));
}
