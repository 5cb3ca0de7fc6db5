import type { VideoRendition } from '@millrace/shared/media/ladder.ts';
import { BASE_SECONDS, videoTimescale } from '@millrace/shared/media/timeline.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { QUIET, STRIPPED } from './input.ts';
import { ladderGraph } from './video-filter.ts';
import { type FrameRange, videoInput } from './video-input.ts';

/** First descriptor that media comes out of: one for each rendition, in order. */
const FIRST_OUTPUT_FD = 3;

/**
 * One decode, all renditions: each comes out of its own pipe as fragmented MP4 with one fragment per GOP, every frame
 * where the whole job's timeline has it.
 */
export function encodeVideoArgv(spec: EncodeVideoSpec, url: string, range: FrameRange): string[] {
  return [
    ...QUIET,
    ...videoInput(spec, url, range.startFrame),
    ...['-filter_complex', ladderGraph(spec, range.startFrame)],
    ...spec.renditions.flatMap((rendition, i) => [
      ...['-map', `[v${i}]`],
      ...(range.frames === null ? [] : ['-frames:v', String(range.frames + leadOutFrames(spec.preset))]),
      ...x264(spec, rendition, range.startFrame),
      ...STRIPPED,
      ...fragmented(spec),
      `pipe:${FIRST_OUTPUT_FD + i}`,
    ]),
  ];
}

/** How far each preset looks ahead (x264's `rc-lookahead`), as far as it makes a visible difference. */
const LOOKAHEAD_FRAMES: Record<EncodeVideoSpec['preset'], number> = {
  ultrafast: 0,
  superfast: 0,
  veryfast: 10,
  faster: 12,
  fast: 12,
  medium: 12,
  slow: 12,
};

/**
 * Frames encoded past the end of a chunk and thrown away. An encoder that sees nothing coming starves its last frames:
 * the last one loses 4 QP against an encode of the whole, and none with these.
 */
export function leadOutFrames(preset: EncodeVideoSpec['preset']): number {
  return LOOKAHEAD_FRAMES[preset];
}

/** Closed GOPs of fixed length that begin with an IDR: any chunk plays after any other. */
function x264(spec: EncodeVideoSpec, rendition: VideoRendition, startFrame: number): string[] {
  return [
    ...['-c:v', 'libx264', '-preset', spec.preset],
    ...['-crf', String(rendition.crf)],
    ...['-maxrate', `${rendition.maxBitrateKbps}k`, '-bufsize', `${2 * rendition.maxBitrateKbps}k`],
    ...['-threads', String(spec.threads)],
    ...['-g', String(spec.gopFrames), '-keyint_min', String(spec.gopFrames), '-sc_threshold', '0'],
    ...['-force_key_frames', `expr:eq(mod(n,${spec.gopFrames}),0)`, '-flags', '+cgop'],
    // x264 gives its very first keyframe 3 QP less than those that follow (no `ipratio`): not at a seam.
    ...(startFrame > 0 ? ['-x264-params', 'zones=0,0,b=1.4'] : []),
  ];
}

/**
 * `frag_discont` and no edit list: the offset goes into the decode times, where the next chunk expects it, and not
 * into the header, which must be the same in all chunks.
 */
function fragmented(spec: EncodeVideoSpec): string[] {
  return [
    ...['-avoid_negative_ts', 'disabled', '-output_ts_offset', String(BASE_SECONDS)],
    ...['-video_track_timescale', String(videoTimescale(spec.frameRate))],
    ...['-movflags', '+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer'],
    ...['-use_editlist', '0'],
    ...['-f', 'mp4'],
  ];
}
