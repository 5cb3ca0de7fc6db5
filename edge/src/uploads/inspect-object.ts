import type { Context } from '../context.ts';
import { MEDIA_START_BYTES, recogniseMedia } from './recognise-media.ts';
import { looksLikeSubtitles, subtitleFormat } from './recognise-subtitles.ts';

/** What lies where an upload was to bring its file. */
export type Finding =
  | { kind: 'missing' }
  | { kind: 'other-size'; sizeBytes: number }
  | { kind: 'not-media' }
  | { kind: 'media'; etag: string };

/** Looks at the object of an upload: at its size, and at how it begins. One request. */
export async function inspectObject(
  ctx: Context,
  upload: { objectKey: string; sizeBytes: number },
): Promise<Finding> {
  const object = await ctx.storage.peek(upload.objectKey, MEDIA_START_BYTES);
  if (!object) return { kind: 'missing' };
  if (object.sizeBytes !== upload.sizeBytes) return { kind: 'other-size', sizeBytes: object.sizeBytes };
  const format = subtitleFormat(upload.objectKey);
  const fits = format ? looksLikeSubtitles(format, object.start) : recogniseMedia(object.start) !== null;
  return fits ? { kind: 'media', etag: object.etag } : { kind: 'not-media' };
}
