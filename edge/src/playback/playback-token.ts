/**
 * What opens the playback of one job until it expires: `{expiry}.{signature}`, expiry in seconds since the epoch in
 * base 36. It stands in the path, so that every relative URI of a playlist carries it along.
 */

const encoder = new TextEncoder();
const HOUR_SECONDS = 3_600;
const ROUND_TO_SECONDS = 6 * HOUR_SECONDS;

/**
 * When links made now expire, in seconds since the epoch: no earlier than the film's length and an hour from now,
 * rounded up to the next quarter of the day. Rounding keeps a job's links the same for six hours, so that players and
 * caches know them again; it costs no more than six hours of validity.
 */
export function playbackExpiry(nowMs: number, durationSeconds: number): number {
  const earliest = nowMs / 1000 + durationSeconds + HOUR_SECONDS;
  return Math.ceil(earliest / ROUND_TO_SECONDS) * ROUND_TO_SECONDS;
}

export async function signPlayback(secret: string, jobId: string, expiresAt: number): Promise<string> {
  const signature = await crypto.subtle.sign('HMAC', await signingKey(secret), message(jobId, expiresAt));
  return `${expiresAt.toString(36)}.${toBase64Url(new Uint8Array(signature))}`;
}

/** Whether a token opens this job now. Compares in constant time. */
export async function opensPlayback(
  secret: string,
  jobId: string,
  token: string,
  nowMs: number,
): Promise<boolean> {
  const [, expiry, signature] = /^([0-9a-z]{1,9})\.([A-Za-z0-9_-]{43})$/.exec(token) ?? [];
  if (!expiry || !signature) return false;
  const expiresAt = Number.parseInt(expiry, 36);
  if (expiresAt * 1000 <= nowMs) return false;
  return crypto.subtle.verify(
    'HMAC',
    await signingKey(secret),
    fromBase64Url(signature),
    message(jobId, expiresAt),
  );
}

function signingKey(secret: string): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign', 'verify']);
}

function message(jobId: string, expiresAt: number): Uint8Array {
  return encoder.encode(`playback:${jobId}:${expiresAt}`);
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}
