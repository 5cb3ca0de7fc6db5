import { sql } from 'drizzle-orm';
import type { JWTPayload } from 'jose';
import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { attempted } from '../log.ts';
import { Refusal } from '../refusal.ts';
import type { Caller, Scope } from './caller.ts';
import { requireProject } from './find-project.ts';
import { verifyToken } from './verify-token.ts';

/** What the roles may do that the identity provider gives to people. */
export const ROLES = {
  viewer: ['jobs:read'],
  editor: ['jobs:read', 'jobs:write', 'uploads:write'],
  admin: ['admin'],
} as const satisfies Record<string, readonly Scope[]>;
type Role = keyof typeof ROLES;

const NOTE_EVERY_MS = 60_000;
const MAX_NAME = 200;

const subject = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,255}$/u);
const role = z.enum(['viewer', 'editor', 'admin']);

/**
 * The person whom a token of the identity provider names, in the project asked for, or in the only one of the token.
 * Refuses with `unauthorized`, `forbidden`, `project_not_found` or `project_erasing`.
 */
export async function authenticateUser(
  ctx: Context,
  provider: NonNullable<Config['jwt']>,
  token: string,
  askedProject: string | null,
): Promise<Caller> {
  const claims = await verifyToken(ctx, provider, token);
  const sub = subject.safeParse(claims.sub);
  if (!sub.success)
    throw new Refusal('unauthorized', 'The claim "sub" of the token cannot be used as a name.');
  const roles = rolesByProject(claims[provider.projectsClaim]);
  const projectId = askedProject ?? onlyProject(roles);
  const held = roles.get(projectId);
  // The same whether there is such a project or not.
  if (!held) throw new Refusal('forbidden', 'The token gives no role in this project.');
  await requireProject(ctx, projectId);
  noteUser(ctx, { projectId, subject: sub.data, name: nameOf(claims, sub.data), role: held });
  return { projectId, actor: `user:${sub.data}`, scopes: ROLES[held], operator: false };
}

/** Entries that hold no role of ours give none. */
function rolesByProject(claim: unknown): Map<string, Role> {
  const entries = z.record(z.string(), z.unknown()).safeParse(claim);
  return new Map(
    Object.entries(entries.data ?? {}).flatMap(([projectId, value]): [string, Role][] => {
      const parsed = role.safeParse(value);
      return parsed.success ? [[projectId, parsed.data]] : [];
    }),
  );
}

function onlyProject(roles: Map<string, Role>): string {
  const [first, second] = roles.keys();
  if (first === undefined) throw new Refusal('forbidden', 'The token gives no role in any project.');
  if (second !== undefined) {
    throw new Refusal('forbidden', 'The token gives roles in several projects: name one in X-Project-Id.');
  }
  return first;
}

function nameOf(claims: JWTPayload, sub: string): string {
  const candidates = [claims.name, claims.preferred_username, claims.email, sub];
  const given =
    candidates.find((value): value is string => typeof value === 'string' && value.trim() !== '') ?? sub;
  return [...given.replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ').trim()].slice(0, MAX_NAME).join('');
}

/** At most once a minute in each isolate, and at once when name or role have changed. */
function noteUser(
  ctx: Context,
  user: { projectId: string; subject: string; name: string; role: Role },
): void {
  const { noted } = ctx.access;
  const key = JSON.stringify(user);
  if (noted.get(key, ctx.now())) return;
  noted.set(key, true, ctx.now() + NOTE_EVERY_MS);
  const noting = ctx.db.execute(sql`
    insert into users (project_id, subject, name, role)
    values (${user.projectId}, ${user.subject}, ${user.name}, ${user.role})
    on conflict (project_id, subject) do update
    set name = excluded.name, role = excluded.role, last_seen_at = now()`);
  ctx.waitUntil(attempted(ctx, 'note a user', noting));
}
