import { toHex } from '@millrace/shared/hex.ts';
import type { Context } from '../context.ts';

/** As much as HKDF gives at once: some five hundred ids. */
const POOL_BYTES = 255 * 32;

/**
 * Randomness that is the same each time the same request comes, and that nobody else can guess: a request that is
 * repeated makes the same ids, and so finds what it made before.
 */
export async function derivedRandom(
  random: Context['random'],
  secret: string,
  request: string,
): Promise<Context['random']> {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveBits']);
  const bits = await crypto.subtle.deriveBits(
    { name: 'HKDF', hash: 'SHA-256', salt: encoder.encode('idempotency'), info: encoder.encode(request) },
    key,
    POOL_BYTES * 8,
  );
  const pool = new Uint8Array(bits);
  let taken = 0;
  const bytes = (count: number) => {
    if (taken + count > pool.length) throw new Error('a request asked for more randomness than is derived');
    taken += count;
    return pool.slice(taken - count, taken);
  };
  return { bytes, uuid: () => uuidOf(bytes(16)), fraction: () => random.fraction() };
}

/** RFC 9562, version 8: made in a way of our own. */
function uuidOf(bytes: Uint8Array): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
