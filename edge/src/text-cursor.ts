import { z } from 'zod';
import { fromBase64Url, toBase64Url } from './base64url.ts';
import { Refusal } from './refusal.ts';

/*
 * Opaque to clients: base64url without padding, of JSON. For lists that are ordered by a text of their own; those
 * ordered by time have `page-cursor.ts`.
 */

const content = z.tuple([z.string(), z.string().regex(/^[^\p{Cc}\p{Cs}]{1,255}$/u)]);

/**
 * A place in a list that is ordered by a text: just behind this one.
 *
 * @param list Names the list the place is in, its owner included: a cursor opens no other.
 */
export function encodeTextCursor(list: string, text: string): string {
  return toBase64Url(new TextEncoder().encode(JSON.stringify([list, text])));
}

/** Null for anything that `encodeTextCursor` did not make for this list. */
export function decodeTextCursor(list: string, cursor: string): string | null {
  const [given, text] = content.safeParse(readJson(cursor)).data ?? [];
  return given === list && text !== undefined ? text : null;
}

/** To be thrown for a cursor that does not belong to the list. */
export function notACursor(): Refusal {
  const message = 'is not a cursor of this list';
  return new Refusal('invalid_request', `query.cursor: ${message}`, {
    issues: [{ path: 'query.cursor', message }],
  });
}

function readJson(cursor: string): unknown {
  try {
    const bytes = fromBase64Url(cursor);
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return null;
  }
}
