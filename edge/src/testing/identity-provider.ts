import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export interface IdentityProvider {
  jwksUrl: string;
  /** A token for ten minutes unless the claims say otherwise, signed with the newest key (of an algorithm). */
  sign(claims: JWTPayload, options?: { alg?: string; kid?: string; endless?: boolean }): Promise<string>;
  /** Publishes one key more, which signs from now on. */
  addKey(alg: string): Promise<void>;
  /** How often its keys were asked for. */
  asked(): number;
  /** What it answers instead of its keys; null for its keys. */
  failWith(status: number | null): void;
  stop(): Promise<void>;
}

export const ISSUER = 'https://id.test/';
export const AUDIENCE = 'millrace-test';

/** An identity provider on this machine that publishes its keys over HTTP. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const keys: { kid: string; alg: string; privateKey: CryptoKey; jwk: object }[] = [];
  let asked = 0;
  let failure: number | null = null;
  const server = createServer((_request, response) => {
    asked++;
    response.writeHead(failure ?? 200, { 'content-type': 'application/json' });
    response.end(failure === null ? JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }) : 'no');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the provider has no port');

  const addKey = async (alg: string) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const kid = `key-${keys.length}`;
    keys.push({ kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } });
  };
  await addKey('RS256');

  return {
    jwksUrl: `http://127.0.0.1:${address.port}/keys`,
    addKey,
    sign: (claims, options = {}) => {
      const key = keys.findLast(({ alg }) => alg === (options.alg ?? alg));
      if (!key) throw new Error('the provider has no such key');
      const now = Math.floor(Date.now() / 1000);
      const end = options.endless ? {} : { exp: now + 600 };
      const payload = { iss: ISSUER, aud: AUDIENCE, iat: now, ...end, ...claims };
      const header = { alg: key.alg, kid: options.kid ?? key.kid };
      return new SignJWT(payload).setProtectedHeader(header).sign(key.privateKey);
    },
    asked: () => asked,
    failWith: (status) => {
      failure = status;
    },
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
