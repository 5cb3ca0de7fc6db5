import { fromBase64Url, toBase64Url } from '../base64url.ts';

/**
 * What opens the playback of one job until it expires: `{expiry}.{revision}.{signature}`, expiry in seconds since the
 * epoch, both numbers in base 36. It stands in the path, so that every relative URI of a playlist carries it along.
 */
export interface PlaybackGrant {
  /** Seconds since the epoch. */
  expiresAt: number;
  /** The job's own: once that has been raised, the grant opens nothing. */
  revision: number;
}

const encoder = new TextEncoder();
const HOUR_SECONDS = 3_600;
const ROUND_TO_SECONDS = 6 * HOUR_SECONDS;
const ROUND_CHOSEN_TO_SECONDS = 900;
export const MAX_LIFETIME_SECONDS = 7 * 24 * HOUR_SECONDS;

/**
 * When links made now expire, in seconds since the epoch: no earlier than the film's length and an hour from now,
 * rounded up to the next quarter of the day. Rounding keeps a job's links the same for six hours, so that players and
 * caches know them again; it costs no more than six hours of validity.
 */
export function playbackExpiry(nowMs: number, durationSeconds: number): number {
  return roundUp(nowMs / 1000 + durationSeconds + HOUR_SECONDS, ROUND_TO_SECONDS);
}

/**
 * As `playbackExpiry`, for a lifetime that somebody chose: raised to the film's length and an hour, rounded up to the
 * next quarter of an hour, and never beyond seven days.
 */
export function chosenExpiry(nowMs: number, durationSeconds: number, lifetimeSeconds: number): number {
  const now = nowMs / 1000;
  const wanted = now + Math.max(lifetimeSeconds, durationSeconds + HOUR_SECONDS);
  const latest = now + MAX_LIFETIME_SECONDS;
  return Math.min(
    roundUp(wanted, ROUND_CHOSEN_TO_SECONDS),
    Math.floor(latest / ROUND_CHOSEN_TO_SECONDS) * ROUND_CHOSEN_TO_SECONDS,
  );
}

export async function signPlayback(secret: string, jobId: string, grant: PlaybackGrant): Promise<string> {
  const signature = await crypto.subtle.sign('HMAC', await signingKey(secret), message(jobId, grant));
  const { expiresAt, revision } = grant;
  return `${expiresAt.toString(36)}.${revision.toString(36)}.${toBase64Url(new Uint8Array(signature))}`;
}

/**
 * What a token grants for this job; null when none of the secrets signed it, or it has expired. Compares in constant
 * time.
 */
export async function readPlayback(
  secrets: readonly string[],
  jobId: string,
  token: string,
  nowMs: number,
): Promise<PlaybackGrant | null> {
  const shape = /^([0-9a-z]{1,9})\.([0-9a-z]{1,6})\.([A-Za-z0-9_-]{43})$/;
  const [, expiry, revision, signature] = shape.exec(token) ?? [];
  if (!expiry || !revision || !signature) return null;
  const grant = { expiresAt: Number.parseInt(expiry, 36), revision: Number.parseInt(revision, 36) };
  if (grant.expiresAt * 1000 <= nowMs) return null;
  for (const secret of secrets) {
    const key = await signingKey(secret);
    const signed = message(jobId, grant);
    if (await crypto.subtle.verify('HMAC', key, fromBase64Url(signature), signed)) return grant;
  }
  return null;
}

function roundUp(seconds: number, to: number): number {
  return Math.ceil(seconds / to) * to;
}

function signingKey(secret: string): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign', 'verify']);
}

function message(jobId: string, { expiresAt, revision }: PlaybackGrant): Uint8Array {
  return encoder.encode(`playback:${jobId}:${expiresAt}:${revision}`);
}
