import { sha256Hex } from '@millrace/shared/hex.ts';

/**
 * Tells requests apart. Of the caller too: an answer is for whoever may have it, and scopes are looked at only when a
 * request runs.
 */
export function fingerprint(request: {
  /** Which operation, at which door, with everything but the body. */
  operation: string;
  /** See `Caller`. */
  actor: string;
  body: Uint8Array;
}): Promise<string> {
  const head = new TextEncoder().encode(`${JSON.stringify([request.operation, request.actor])}\n`);
  const whole = new Uint8Array(head.length + request.body.length);
  whole.set(head);
  whole.set(request.body, head.length);
  return sha256Hex(whole);
}
