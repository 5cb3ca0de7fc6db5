import { sha256Hex } from '@millrace/shared/hex.ts';

const LENGTH = 32;

/** A strong validator of a text (RFC 9110, 8.8.3): the same for the same bytes, whoever makes it. */
export async function entityTag(text: string): Promise<string> {
  return `"${(await sha256Hex(text)).slice(0, LENGTH)}"`;
}

/** Whether an `If-None-Match` names this tag. Compares weakly, as the RFC wants it for reads. */
export function namesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch
    .split(',')
    .some((given) => given.trim() === '*' || given.trim().replace(/^W\//, '') === tag);
}
