import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { API_KEY_BYTES, apiKeyHint, formatApiKey, hashApiKey, isApiKey } from './api-key.ts';

const bytes = (fill: number) => new Uint8Array(API_KEY_BYTES).fill(fill);

test('a key names its environment, and has 192 bits of random and a checksum', () => {
  expect(formatApiKey(bytes(0), 'local')).toMatch(/^mr_test_0{33}[0-9A-Za-z]{6}$/);
  expect(formatApiKey(bytes(255), 'production')).toMatch(/^mr_live_[0-9A-Za-z]{39}$/);
  expect(formatApiKey(bytes(255), 'production')).not.toBe(formatApiKey(bytes(254), 'production'));
});

test('the checksum is the CRC-32 that everybody computes', () => {
  const key = formatApiKey(bytes(7), 'local');
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const checksum = [...key.slice(-6)].reduce((sum, digit) => sum * 62 + alphabet.indexOf(digit), 0);
  expect(checksum).toBe(crc32(key.slice(0, -6)));
});

test('what was mistyped, cut or of another environment is no key', () => {
  const key = formatApiKey(bytes(42), 'local');
  expect(isApiKey(key)).toBe(true);
  for (let at = 0; at < key.length; at++) {
    const other = key[at] === 'x' ? 'y' : 'x';
    expect(isApiKey(key.slice(0, at) + other + key.slice(at + 1))).toBe(false);
  }
  expect(isApiKey(key.replace('test', 'live'))).toBe(false);
  for (const text of ['', key.slice(0, -1), `${key}0`, `${key}\n`, ` ${key}`])
    expect(isApiKey(text)).toBe(false);
});

test('what is stored and what is shown do not give the key away', async () => {
  const key = formatApiKey(bytes(42), 'local');
  expect(await hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(apiKeyHint(key)).toBe(`${key.slice(0, 12)}…`);
});
