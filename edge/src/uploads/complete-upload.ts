import type { Context } from '../context.ts';
import { attempted } from '../log.ts';
import { Refusal } from '../refusal.ts';
import { StorageRefusal } from '../storage/storage.ts';
import { deliverWebhooks } from '../webhooks/deliver-webhooks.ts';
import { badParts, type UploadedPart } from './confirm-parts.ts';
import { giveUp, markCompleted } from './end-upload.ts';
import {
  findUpload,
  isMultipart,
  type MultipartRow,
  requireBegun,
  requirePending,
  type UploadRef,
  type UploadRow,
} from './find-upload.ts';
import { inspectObject } from './inspect-object.ts';
import { confirmedParts } from './read-upload.ts';
import { subtitleFormat } from './recognise-subtitles.ts';

export interface CompleteUpload extends UploadRef {
  actor: string;
  /** Of an upload in parts, all of them; null for those that were confirmed one by one. */
  parts: UploadedPart[] | null;
  /** What the client was told of the whole object; null when it does not care. */
  etag: string | null;
}

/**
 * Makes an upload a source: joins its parts, if it has any, and looks at what came of them. Repeating a completion that
 * was accepted gives the same answer, also when the first answer was lost half way. Refuses with `upload_incomplete`
 * when something is missing, and the upload goes on; with `upload_mismatch` for another size, or with `upload_not_media`,
 * when it cannot be made good: the object is deleted then and the upload is aborted.
 */
export async function completeUpload(ctx: Context, input: CompleteUpload): Promise<UploadRow> {
  const upload = await findUpload(ctx, input);
  if (upload.status === 'completed') return upload;
  requirePending(upload);
  const obstacle = isMultipart(upload) ? await joinParts(ctx, upload, input.parts) : null;
  const found = await inspectObject(ctx, upload);
  switch (found.kind) {
    case 'missing':
      throw incomplete(
        obstacle ? `Storage refused to join the parts: ${obstacle.message}.` : 'The file has not arrived.',
      );
    case 'other-size':
      await giveUp(ctx, upload.id, 'aborted', input.actor);
      throw new Refusal(
        'upload_mismatch',
        `The file has ${found.sizeBytes} bytes; ${upload.sizeBytes} were announced. Start again.`,
      );
    case 'not-media':
      await giveUp(ctx, upload.id, 'aborted', input.actor);
      throw new Refusal(
        'upload_not_media',
        subtitleFormat(upload.objectKey)
          ? 'The file does not begin like the subtitles its name promises. It was deleted.'
          : 'The file does not begin like any container of film or sound. It was deleted.',
      );
    case 'media':
      requireSameEtag(input.etag, found.etag);
      await markCompleted(ctx, upload.id, found.etag, input.actor);
      ctx.waitUntil(attempted(ctx, 'deliver webhooks', deliverWebhooks(ctx)));
      return requireCompleted(await findUpload(ctx, input));
    default:
      return found satisfies never;
  }
}

/** What storage had against it, if anything. An upload that was joined before is refused too: the object decides. */
async function joinParts(
  ctx: Context,
  upload: MultipartRow,
  given: UploadedPart[] | null,
): Promise<StorageRefusal | null> {
  const multipartId = requireBegun(upload);
  const parts = given ? requireAllParts(upload, given) : await requireAllConfirmed(ctx, upload);
  try {
    await ctx.storage.completeMultipart(upload.objectKey, multipartId, parts);
    return null;
  } catch (error) {
    if (error instanceof StorageRefusal) return error;
    throw error;
  }
}

function requireAllParts(upload: MultipartRow, parts: UploadedPart[]): UploadedPart[] {
  const sorted = [...parts].sort((a, b) => a.partNumber - b.partNumber);
  const whole = sorted.length === upload.partCount && sorted.every((part, i) => part.partNumber === i + 1);
  if (!whole) throw badParts(`must name each of the parts 1 to ${upload.partCount} once`);
  return sorted;
}

async function requireAllConfirmed(ctx: Context, upload: MultipartRow): Promise<UploadedPart[]> {
  const parts = await confirmedParts(ctx, upload.id);
  if (parts.length === upload.partCount) return parts;
  throw incomplete(`${parts.length} of ${upload.partCount} parts were confirmed.`);
}

function requireSameEtag(given: string | null, found: string): void {
  if (given === null || bare(given) === bare(found)) return;
  throw incomplete(`The ETag of what was stored is ${found}, not ${given}.`);
}

function bare(etag: string): string {
  return etag.replace(/^"|"$/g, '');
}

/** Somebody else may have aborted it in the meantime. */
function requireCompleted(upload: UploadRow): UploadRow {
  if (upload.status !== 'completed') requirePending(upload);
  return upload;
}

function incomplete(detail: string): Refusal {
  return new Refusal('upload_incomplete', detail);
}
