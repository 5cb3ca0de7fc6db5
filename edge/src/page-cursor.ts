import { fromBase64Url, toBase64Url } from './base64url.ts';

/** A place in a list that is ordered by a time and an id: just behind this one. */
export interface Place {
  /** ISO 8601. */
  at: string;
  id: string;
}

const SHAPE = /^([0-9a-z]{1,7})\.(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * Opaque to clients: base64url without padding.
 *
 * @param list Names the list the place is in, its owner and order included: a cursor opens no other.
 */
export function encodeCursor(list: string, { at, id }: Place): string {
  return toBase64Url(new TextEncoder().encode(`${mark(list)}.${Date.parse(at)}.${id}`));
}

/** Null for anything that `encodeCursor` did not make for this list. */
export function decodeCursor(list: string, text: string): Place | null {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(text) || text.length % 4 === 1) return null;
  const [, given, millis, id] = SHAPE.exec(new TextDecoder().decode(fromBase64Url(text))) ?? [];
  // Dates end at 8.64e15 ms; Postgres's begin to differ long before.
  if (!millis || !id || Number(millis) > 8e12 || given !== mark(list)) return null;
  return { at: new Date(Number(millis)).toISOString(), id };
}

/** 32-bit FNV-1a: tells lists apart, and hides nothing. */
function mark(list: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(list)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(36);
}
