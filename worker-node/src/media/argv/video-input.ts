import type { VideoStreamInfo } from '@millrace/shared/media/media-info.ts';
import { frameMicros } from '@millrace/shared/media/timeline.ts';
import type { Pictures } from '@millrace/shared/task/task-spec.ts';
import { neighbourFrames } from './deinterlace.ts';
import { fence, secondsText } from './input.ts';

/** A stretch of the video grid. */
export interface FrameRange {
  startFrame: number;
  /** Null: to the end of the stream. */
  frames: number | null;
}

/**
 * Opens the source for decoding from a keyframe before `startFrame`. Which frames come out is decided by the filter graph
 * alone, so all that matters here is to land early enough: whatever is shown a quarter of a frame after a grid point is
 * the picture of that grid point.
 */
export function videoInput(
  pictures: Pictures & { threads?: number },
  url: string,
  startFrame: number,
): string[] {
  const { source, video, frameRate, threads = 0 } = pictures;
  const oneFrame = frameMicros(frameRate, 1);
  const wantedMicros = source.originMicros + frameMicros(frameRate, startFrame) + Math.floor(oneFrame / 4);
  const leadMicros = frameMicros(video.frameRate, reorderFrames(video) + neighbourFrames(pictures));
  const seekMicros = wantedMicros - leadMicros - source.containerStartMicros;
  // There is nothing before the first picture.
  const seeks = wantedMicros > video.startMicros + oneFrame && seekMicros > 0;
  return [
    ...fence({ url, demuxer: source.demuxer }),
    // Rotation is ours to apply, after scaling; and a picture size that changes must not restart the graph's clock.
    '-noautorotate',
    ...['-reinit_filter', '0'],
    ...['-threads', String(threads)],
    ...decoder(video),
    '-copyts',
    ...(seeks ? ['-noaccurate_seek', '-ss', secondsText(seekMicros)] : []),
    ...['-i', url],
  ];
}

/** Codecs that show some frames before the keyframe they come after. */
const REORDERING = new Set(['h264', 'hevc', 'mpeg1video', 'mpeg2video', 'mpeg4']);
/** What H.264 and HEVC allow at most. */
const MOST_REORDERED = 16;

/**
 * A keyframe of an open GOP is followed by frames that are shown before it and need the GOP before. MP4 is searched by
 * decode times, so that a seek to one of those lands on the keyframe, and they would be missing.
 */
function reorderFrames({ codec }: VideoStreamInfo): number {
  return REORDERING.has(codec) ? MOST_REORDERED : 0;
}

/** ffmpeg's own decoders of VP8 and VP9 leave transparency out. */
export function decoder({ alpha, codec }: VideoStreamInfo): string[] {
  if (!alpha) return [];
  return codec === 'vp9' ? ['-c:v', 'libvpx-vp9'] : codec === 'vp8' ? ['-c:v', 'libvpx'] : [];
}
