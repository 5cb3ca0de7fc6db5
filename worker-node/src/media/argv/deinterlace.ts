import type { Pictures } from '@millrace/shared/task/task-spec.ts';

/** Codecs whose every picture says whether it is interlaced, and which field is first. */
const SAYS_ITSELF = new Set(['h264', 'hevc', 'mpeg2video', 'mpeg4', 'prores', 'dnxhd', 'dvvideo', 'mjpeg']);

/**
 * A picture of every field, or of every pair. Streams mix: film and graphics lie in broadcasts as whole frames, which
 * would lose half their detail, and the order of fields turns at edits. So each picture is taken at its word, where it has one;
 * elsewhere the container's word holds for all.
 */
export function deinterlaceFilter({ video, deinterlace }: Pick<Pictures, 'video' | 'deinterlace'>): string[] {
  if (deinterlace === null) return [];
  const which = SAYS_ITSELF.has(video.codec)
    ? 'parity=auto:deint=interlaced'
    : `parity=${video.fieldOrder === 'bb' || video.fieldOrder === 'tb' ? 'bff' : 'tff'}:deint=all`;
  return [
    // Broadcasts change size; what comes next cannot.
    `scale=${video.codedWidth}:${video.codedHeight}:interl=-1`,
    `bwdif=mode=send_${deinterlace}:${which}`,
  ];
}

/** A missing field is drawn from the frames before and after: decoding begins so many frames of the source earlier. */
export function neighbourFrames({ deinterlace }: Pick<Pictures, 'deinterlace'>): number {
  return deinterlace === null ? 0 : 2;
}
