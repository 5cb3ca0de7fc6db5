import { createHash } from 'node:crypto';
import type { BlockCache } from './block-cache.ts';
import type { SignedRequest } from './signed-request.ts';

/**
 * Copies of what this worker has stored, while the cache has room for them: a later task that may read such an object
 * has it without asking storage. No key is ever written twice, so a copy cannot be out of date.
 */
export interface OwnObjects {
  /** The object that was stored by this request. */
  keep(put: SignedRequest, body: Buffer): Promise<void>;
  /** The object that this request would bring; null when storage has to be asked. */
  find(get: SignedRequest): Promise<Buffer | null>;
}

export function createOwnObjects(cache: BlockCache): OwnObjects {
  return {
    keep: ({ url }, body) => cache.put(nameOf(url), body),
    find: ({ url }) => cache.get(nameOf(url)),
  };
}

/** By where it lies; the rest of a presigned URL is its signature. */
function nameOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `own-${createHash('sha256').update(`${origin}${pathname}`).digest('hex')}`;
}
