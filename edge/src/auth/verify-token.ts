import { createLocalJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { loadKeySet } from './key-set.ts';

/** Signatures by a private key alone: a public key must never serve as a shared secret. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];
const CLOCK_TOLERANCE_SECONDS = 30;

/** The claims of a token that the identity provider signed for us, and that is in force. Refuses with `unauthorized`. */
export async function verifyToken(
  ctx: Context,
  provider: NonNullable<Config['jwt']>,
  token: string,
): Promise<JWTPayload> {
  for (const keyWasMissing of [false, true]) {
    const keys = await loadKeySet(ctx, provider.jwksUrl, keyWasMissing);
    try {
      // Made anew each time: it keeps promises, and in workerd those must not outlive their request.
      const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
        algorithms: ALGORITHMS,
        issuer: provider.issuer,
        audience: provider.audience,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(ctx.now()),
      });
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw refused(error);
    }
  }
  throw new Refusal(
    'unauthorized',
    'The token is signed with a key that the identity provider does not publish.',
  );
}

function refused(cause: unknown): Refusal {
  return new Refusal('unauthorized', reason(cause), { cause });
}

function reason(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `The claim "${error.claim}" of the token is missing or does not fit.`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return `The token is signed in a way that is not accepted here. Accepted: ${ALGORITHMS.join(', ')}.`;
  }
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return 'The token does not name the key that signed it.';
  return 'The token is not valid.';
}
