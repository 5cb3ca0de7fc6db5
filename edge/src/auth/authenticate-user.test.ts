import { sql } from 'drizzle-orm';
import { generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bearer, type ClosedInstallation, openClosedInstallation } from '../testing/closed-installation.ts';
import {
  AUDIENCE,
  type IdentityProvider,
  ISSUER,
  startIdentityProvider,
} from '../testing/identity-provider.ts';
import { newAccessMemory } from './access-memory.ts';
import { authenticate } from './authenticate.ts';
import { listUsers } from './list-users.ts';

const CLAIM = 'https://millrace.test/projects';
const projects = (roles: Record<string, unknown>) => ({ [CLAIM]: roles });
const ALICE = { sub: 'alice', name: 'Alice Example', ...projects({ default: 'editor' }) };
const SECOND = () => Math.floor(Date.now() / 1000);

let provider: IdentityProvider;
let installation: ClosedInstallation;
beforeAll(async () => {
  provider = await startIdentityProvider();
  installation = await openClosedInstallation({
    jwt: { jwksUrl: provider.jwksUrl, issuer: ISSUER, audience: AUDIENCE, projectsClaim: CLAIM },
  });
  await installation.ctx.db.execute(sql`insert into projects (id) values ('second')`);
});
afterAll(async () => {
  await provider?.stop();
  await installation?.close();
});
beforeEach(() => {
  provider.failWith(null);
  installation.ctx.access = newAccessMemory();
});

const come = (token: string, project?: string) =>
  authenticate(installation.ctx, new Headers(bearer(token, project)));
const comeWith = async (claims: JWTPayload, project?: string) => come(await provider.sign(claims), project);
const unauthorized = (message: RegExp) => ({ code: 'unauthorized', message: expect.stringMatching(message) });
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token', () => {
  test('says who calls, in the only project it names', async () => {
    expect(await comeWith(ALICE)).toEqual({
      projectId: 'default',
      actor: 'user:alice',
      scopes: ['jobs:read', 'jobs:write', 'uploads:write'],
      operator: false,
    });
  });

  test.each(['PS256', 'ES256', 'EdDSA', 'RS256'])('may be signed with %s', async (alg) => {
    await provider.addKey(alg);
    expect(await comeWith(ALICE)).toMatchObject({ actor: 'user:alice' });
  });

  test.each<[string, () => JWTPayload, RegExp]>([
    ['that has expired', () => ({ ...ALICE, exp: SECOND() - 31 }), /expired/],
    ['that is not in force yet', () => ({ ...ALICE, nbf: SECOND() + 60 }), /"nbf"/],
    ['for another audience', () => ({ ...ALICE, aud: 'others' }), /"aud"/],
    ['of another issuer', () => ({ ...ALICE, iss: 'https://evil.test/' }), /"iss"/],
    ['of nobody', () => projects({ default: 'editor' }), /"sub"/],
    ['of somebody with a NUL', () => ({ ...ALICE, sub: 'a\u0000' }), /"sub"/],
  ])('%s is refused', async (_what, claims, message) => {
    await expect(comeWith(claims())).rejects.toMatchObject(unauthorized(message));
  });

  test('that never expires is refused', async () => {
    await expect(come(await provider.sign(ALICE, { endless: true }))).rejects.toMatchObject(
      unauthorized(/"exp"/),
    );
  });

  test('whose clock is a little off is taken', async () => {
    expect(await comeWith({ ...ALICE, exp: SECOND() - 10, nbf: SECOND() + 10 })).toMatchObject({
      projectId: 'default',
    });
  });

  test('that is not signed is refused', async () => {
    const claims = { iss: ISSUER, aud: AUDIENCE, exp: SECOND() + 600, ...ALICE };
    for (const alg of ['none', 'None', '']) {
      await expect(come(`${part({ alg })}.${part(claims)}.`)).rejects.toMatchObject({ code: 'unauthorized' });
    }
  });

  test('that is signed with the public key as a shared secret is refused', async () => {
    const published = await (await fetch(provider.jwksUrl)).text();
    const { keys } = JSON.parse(published);
    for (const secret of [published, JSON.stringify(keys.at(-1)), keys.at(-1).n]) {
      const token = await new SignJWT({ iss: ISSUER, aud: AUDIENCE, exp: SECOND() + 600, ...ALICE })
        .setProtectedHeader({ alg: 'HS256', kid: keys.at(-1).kid })
        .sign(new TextEncoder().encode(secret));
      await expect(come(token)).rejects.toMatchObject(unauthorized(/not accepted/));
    }
  });

  test('that a stranger signed with a key of the right name is refused', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const { keys } = JSON.parse(await (await fetch(provider.jwksUrl)).text());
    const token = await new SignJWT({ iss: ISSUER, aud: AUDIENCE, exp: SECOND() + 600, ...ALICE })
      .setProtectedHeader({ alg: 'RS256', kid: keys.at(-1).kid })
      .sign(privateKey);
    await expect(come(token)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('that was changed is refused, and so is what is no token', async () => {
    const [header, , signature] = (await provider.sign(ALICE)).split('.');
    const forged = part({ iss: ISSUER, aud: AUDIENCE, exp: SECOND() + 600, ...ALICE, sub: 'root' });
    for (const token of [`${header}.${forged}.${signature}`, 'a.b.c', '..', 'token']) {
      await expect(come(token)).rejects.toMatchObject({ code: 'unauthorized' });
    }
  });
});

describe('the keys of the provider', () => {
  test('are asked for once', async () => {
    const before = provider.asked();
    for (let i = 0; i < 5; i++) await comeWith(ALICE);
    expect(provider.asked() - before).toBe(1);
  });

  test('are asked for again for a key that is not among them, but not for each such token', async () => {
    await comeWith(ALICE);
    installation.passSeconds(31);
    await provider.addKey('ES256');
    const before = provider.asked();
    expect(await comeWith(ALICE)).toMatchObject({ actor: 'user:alice' });
    expect(provider.asked() - before).toBe(1);
    const unknown = await provider.sign(ALICE, { kid: 'nobody' });
    for (let i = 0; i < 5; i++) await expect(come(unknown)).rejects.toMatchObject(unauthorized(/publish/));
    expect(provider.asked() - before).toBe(1);
  });

  test('serve on while the provider is away, and without any it is said that it is', async () => {
    await comeWith(ALICE);
    provider.failWith(500);
    installation.passSeconds(11 * 60);
    const later = { ...ALICE, exp: SECOND() + 10_000 };
    expect(await comeWith(later)).toMatchObject({ actor: 'user:alice' });
    installation.ctx.access = newAccessMemory();
    await expect(comeWith(later)).rejects.toMatchObject({
      code: 'identity_provider_unavailable',
      retryAfterSeconds: 5,
    });
    provider.failWith(null);
    installation.passSeconds(5);
    expect(await comeWith(later)).toMatchObject({ actor: 'user:alice' });
    installation.passSeconds(-11 * 60 - 5);
  });
});

describe('projects and roles', () => {
  test.each([
    ['viewer', ['jobs:read']],
    ['editor', ['jobs:read', 'jobs:write', 'uploads:write']],
    ['admin', ['admin']],
  ])('a %s may do what is its own', async (role, scopes) => {
    expect(await comeWith({ ...ALICE, ...projects({ default: role }) })).toMatchObject({ scopes });
  });

  test('of several projects one must be named', async () => {
    const both = { ...ALICE, ...projects({ default: 'viewer', second: 'admin' }) };
    expect(await comeWith(both, 'second')).toMatchObject({ projectId: 'second', scopes: ['admin'] });
    await expect(comeWith(both)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('a project that the token does not name reads the same whether it exists or not', async () => {
    const answers = await Promise.all(
      ['second', 'missing', 'constructor'].map((project) => comeWith(ALICE, project).catch((error) => error)),
    );
    expect(answers[0]).toMatchObject({ code: 'forbidden' });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  test.each([undefined, 'default', ['default'], null, { default: 'root' }, { default: ['admin'] }, {}])(
    'a claim of %j gives no role',
    async (claim) => {
      await expect(comeWith({ ...ALICE, [CLAIM]: claim })).rejects.toMatchObject({ code: 'forbidden' });
    },
  );

  test('a project of the token that is gone is not there', async () => {
    await expect(comeWith({ ...ALICE, ...projects({ gone: 'admin' }) })).rejects.toMatchObject({
      code: 'project_not_found',
    });
  });
});

test('people are known by subject, with the name and the role of their latest token', async () => {
  const bob = { sub: 'bob|1', email: 'bob@test', ...projects({ second: 'viewer' }) };
  await comeWith(bob);
  await comeWith(bob);
  await comeWith({ ...bob, name: 'Bob\u0007', ...projects({ second: 'admin' }) });
  await comeWith({ ...ALICE, ...projects({ second: 'viewer' }) });
  await installation.settled();
  const list = (cursor: string | null, limit: number) =>
    listUsers(installation.ctx, { projectId: 'second', limit, cursor });
  const first = await list(null, 1);
  expect(first.users).toMatchObject([{ subject: 'alice', name: 'Alice Example', role: 'viewer' }]);
  const next = await list(first.nextCursor, 1);
  expect(next).toMatchObject({ users: [{ subject: 'bob|1', name: 'Bob', role: 'admin' }], nextCursor: null });
  await expect(
    listUsers(installation.ctx, { projectId: 'default', limit: 1, cursor: first.nextCursor }),
  ).rejects.toMatchObject({ code: 'invalid_request' });
});
