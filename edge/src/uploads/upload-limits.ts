import { Refusal } from '../refusal.ts';

/** How long one signed PUT is good for. */
export const PUT_TTL_SECONDS = 3_600;
/** A PUT that began in time may go on for hours; its upload ends then. */
export const SINGLE_TTL_SECONDS = 12 * 3_600;
/** A part's URL lives longer: a slow line needs hours for the hundred that are signed at once. */
export const PART_TTL_SECONDS = 6 * 3_600;
/** Multipart uploads that are not complete by then are thrown away. */
export const MULTIPART_TTL_SECONDS = 7 * 86_400;
/** Storage must have begun a multipart upload by then, or its row is given up. */
export const MULTIPART_BEGIN_TTL_SECONDS = 3_600;
/** Part URLs given at once. */
export const PARTS_PER_PAGE = 100;

/** S3's limits. */
export const MAX_PARTS = 10_000;
const MAX_SINGLE_PUT_BYTES = 5 * 1024 ** 3;
const DEFAULT_PART_BYTES = 8 * 1024 ** 2;
const MEBIBYTE = 1024 ** 2;

export function requireAllowedSize(sizeBytes: number, maxSourceBytes: number): void {
  if (sizeBytes <= maxSourceBytes) return;
  throw new Refusal('source_too_large', `${sizeBytes} bytes are too many; the limit is ${maxSourceBytes}.`);
}

export function requireSinglePut(sizeBytes: number): void {
  if (sizeBytes <= MAX_SINGLE_PUT_BYTES) return;
  throw new Refusal(
    'source_too_large',
    `One PUT holds at most ${MAX_SINGLE_PUT_BYTES} bytes. Use POST /uploads, which uploads in parts.`,
  );
}

/** Equal parts, as R2 wants them: 8 MiB, or whole mebibytes more when there would be too many. */
export function planParts(sizeBytes: number): { partSizeBytes: number; partCount: number } {
  const least = Math.ceil(sizeBytes / MAX_PARTS / MEBIBYTE) * MEBIBYTE;
  const partSizeBytes = Math.max(DEFAULT_PART_BYTES, least);
  return { partSizeBytes, partCount: Math.ceil(sizeBytes / partSizeBytes) };
}
