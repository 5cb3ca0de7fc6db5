import { createHash } from 'node:crypto';
import type { SourceRef } from '@millrace/shared/media/media-info.ts';
import { bareEtag } from '../transfer/etag.ts';
import type { ReadBytes } from './sniff.ts';

/**
 * Up to this size a source is read whole before anything is planned, for its digest. A larger one is read in parts, by
 * whoever needs them: with two workers, one that has read all of it for nothing but a digest would be the dearer half.
 */
export const MAX_DIGEST_BYTES = 16 * 1024 * 1024;
/** A source that is copied is read whole in any case; so much of it still lies in the cache afterwards. */
export const MAX_COPIED_DIGEST_BYTES = 256 * 1024 * 1024;

const PIECE_BYTES = 4 * 1024 * 1024;
/** What stores say of an object's content: its MD5, or that of the MD5 sums of its parts. */
const CONTENT_ETAG = /^[0-9a-f]{32}(?:-\d{1,5})?$/;

/** The digest of a source: of its bytes if there are at most `maxBytes`, else what its store says of them, if it does. */
export async function digestSource(
  read: ReadBytes,
  source: SourceRef,
  maxBytes: number,
): Promise<string | null> {
  if (source.sizeBytes > maxBytes) return etagDigest(source);
  const hash = createHash('sha256');
  for (let at = 0; at < source.sizeBytes; at += PIECE_BYTES) hash.update(await read(at, PIECE_BYTES));
  return digestOf(hash);
}

export function digestOf(hash: ReturnType<typeof createHash>): string {
  return `sha-256:${hash.digest('hex')}`;
}

function etagDigest({ etag, sizeBytes }: SourceRef): string | null {
  const bare = bareEtag(etag);
  return CONTENT_ETAG.test(bare) ? `etag:${sizeBytes}-${bare}` : null;
}
