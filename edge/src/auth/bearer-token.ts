import { Refusal } from '../refusal.ts';

const MAX_CHARACTERS = 8_192;

/** The token of `Authorization: Bearer`; null without the header. Refuses any other scheme with `unauthorized`. */
export function bearerToken(headers: Headers): string | null {
  const header = headers.get('authorization');
  if (header === null) return null;
  const [, token] = header.length <= MAX_CHARACTERS ? (/^bearer +([\w.~+/=-]+) *$/i.exec(header) ?? []) : [];
  if (token === undefined) {
    throw new Refusal(
      'unauthorized',
      'The Authorization header must read "Bearer", a space, and a key or token.',
    );
  }
  return token;
}
