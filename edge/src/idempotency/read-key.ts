import { Refusal } from '../refusal.ts';

/** The key in an `Idempotency-Key` header: a structured field string, or the same without its quotes. */
export function readKey(header: string): string {
  const key =
    /^"([\x20-\x21\x23-\x7e]{1,255})"$/.exec(header)?.[1] ?? /^[\x21\x23-\x7e]{1,255}$/.exec(header)?.[0];
  if (key !== undefined) return key;
  const message = 'must be 1 to 255 printable ASCII characters';
  throw new Refusal('invalid_request', `header.idempotency-key: ${message}`, {
    issues: [{ path: 'header.idempotency-key', message }],
  });
}
