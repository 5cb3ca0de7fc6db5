import { sha256Hex } from '@millrace/shared/hex.ts';
import type { Config } from '../config.ts';

/*
 * `mr_{live|test}_{33 characters of random}{6 of checksum}`, both in base 62. The checksum tells a mistyped or made-up
 * key without asking anybody, and lets scanners of leaked secrets be sure.
 */

/** 192 bits. */
export const API_KEY_BYTES = 24;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 33;
const CHECKSUM_LENGTH = 6;
const SHAPE = /^(mr_(?:live|test)_[0-9A-Za-z]{33})([0-9A-Za-z]{6})$/;

/** Writes random bytes as a key. */
export function formatApiKey(random: Uint8Array, environment: Config['environment']): string {
  const number = random.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const body = apiKeyPrefix(environment) + base62(number, RANDOM_LENGTH);
  return body + checksumOf(body);
}

/** How the keys of an installation begin. */
export function apiKeyPrefix(environment: Config['environment']): string {
  return environment === 'production' ? 'mr_live_' : 'mr_test_';
}

/** False for what no installation can have made. */
export function isApiKey(text: string): boolean {
  const [, body, checksum] = SHAPE.exec(text) ?? [];
  return body !== undefined && checksumOf(body) === checksum;
}

/** What people know the key by again. */
export function apiKeyHint(key: string): string {
  return `${key.slice(0, 12)}…`;
}

/** What is stored of a key: its SHA-256, in hex. 192 random bits need no salt and no slow hash. */
export function hashApiKey(key: string): Promise<string> {
  return sha256Hex(key);
}

function checksumOf(body: string): string {
  return base62(BigInt(crc32(body)), CHECKSUM_LENGTH);
}

function base62(number: bigint, length: number): string {
  let text = '';
  for (let rest = number; text.length < length; rest /= 62n) text = ALPHABET[Number(rest % 62n)] + text;
  return text;
}

/** CRC-32 of ASCII text, as in ISO 3309 and zip. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const character of text) {
    crc ^= character.charCodeAt(0);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
