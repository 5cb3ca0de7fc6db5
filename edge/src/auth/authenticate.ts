import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { sameSecret } from '../secrets.ts';
import { authenticateUser } from './authenticate-user.ts';
import { bearerToken } from './bearer-token.ts';
import { type Caller, SCOPES } from './caller.ts';
import { findApiKey } from './find-api-key.ts';
import { requireProject } from './find-project.ts';

const DEFAULT_PROJECT = 'default';

/**
 * Who sends a request with these headers: the operator, a key, a person, or anybody where the installation runs open.
 * Credentials that are there and wrong are refused even then. Refuses with `unauthorized`, `forbidden`,
 * `project_not_found`, `project_erasing` or `identity_provider_unavailable`.
 */
export async function authenticate(ctx: Context, headers: Headers): Promise<Caller> {
  const token = bearerToken(headers);
  const askedProject = headers.get('x-project-id') || null;
  if (token === null) return anybody(ctx, headers, askedProject);
  const { operatorToken, jwt } = ctx.config;
  if (operatorToken && (await sameSecret(token, operatorToken))) {
    return actInAnyProject(ctx, 'operator', askedProject);
  }
  if (token.startsWith('mr_')) return keyHolder(ctx, token, askedProject);
  if (jwt) return authenticateUser(ctx, jwt, token, askedProject);
  throw new Refusal('unauthorized', 'The bearer token is no API key.');
}

async function anybody(ctx: Context, headers: Headers, askedProject: string | null): Promise<Caller> {
  if (ctx.config.openAccess) {
    requireThisMachine(headers);
    return actInAnyProject(ctx, 'local', askedProject);
  }
  throw new Refusal('unauthorized', 'Send an API key: Authorization: Bearer mr_…');
}

/**
 * An installation that runs open trusts whoever sits at the machine, and no page of the web that their browser shows: not
 * one from elsewhere, nor one that had its own name lead here.
 */
function requireThisMachine(headers: Headers): void {
  const origin = headers.get('origin');
  const host = headers.get('host');
  const strange = [origin, host === null ? null : `http://${host}`].find(
    (place) => place !== null && !isNear(place),
  );
  if (strange === undefined) return;
  throw new Refusal(
    'forbidden',
    `Without a key this installation answers its own machine alone, not ${strange}. Send a key.`,
  );
}

/** Names with a dot belong to the web. Addresses and plain names are of this machine, or were given to it here. */
function isNear(place: string): boolean {
  if (!URL.canParse(place)) return false;
  const { hostname } = new URL(place);
  return !hostname.includes('.') || hostname.endsWith('.localhost') || /^[\d.]+$/.test(hostname);
}

async function actInAnyProject(ctx: Context, actor: string, askedProject: string | null): Promise<Caller> {
  if (askedProject !== null) await requireProject(ctx, askedProject);
  return { projectId: askedProject ?? DEFAULT_PROJECT, actor, scopes: SCOPES, operator: true };
}

async function keyHolder(ctx: Context, token: string, askedProject: string | null): Promise<Caller> {
  const key = await findApiKey(ctx, token);
  // The same whether there is such a project or not.
  if (askedProject !== null && askedProject !== key.project_id) {
    throw new Refusal('forbidden', 'The API key does not open the project in X-Project-Id.');
  }
  return { projectId: key.project_id, actor: `key:${key.id}`, scopes: key.scopes, operator: false };
}
