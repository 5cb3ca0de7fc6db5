import { frameMicros } from '@millrace/shared/media/timeline.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { fence, secondsText } from './input.ts';

/** A stretch of the video grid. */
export interface FrameRange {
  startFrame: number;
  /** Null: to the end of the stream. */
  frames: number | null;
}

/**
 * Opens the source for decoding from the keyframe before `startFrame`. Which frames come out is decided by the filter
 * graph alone, so all that matters here is to land at or before the first one needed: whatever is shown a quarter of a
 * frame after a grid point is the picture of that grid point.
 */
export function videoInput(
  spec: Pick<EncodeVideoSpec, 'source' | 'frameRate' | 'threads'>,
  url: string,
  startFrame: number,
): string[] {
  const { source, frameRate } = spec;
  const quarterFrame = Math.floor(frameMicros(frameRate, 1) / 4);
  const seekMicros =
    source.originMicros + frameMicros(frameRate, startFrame) + quarterFrame - source.containerStartMicros;
  return [
    ...fence({ url, demuxer: source.demuxer }),
    // Rotation is ours to apply, after scaling; and a picture size that changes must not restart the graph's clock.
    '-noautorotate',
    ...['-reinit_filter', '0'],
    ...['-threads', String(spec.threads)],
    '-copyts',
    ...(startFrame > 0 && seekMicros > 0 ? ['-noaccurate_seek', '-ss', secondsText(seekMicros)] : []),
    ...['-i', url],
  ];
}
