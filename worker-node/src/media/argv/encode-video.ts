import type { VideoRendition } from '@millrace/shared/media/ladder.ts';
import { BASE_SECONDS, videoTimescale } from '@millrace/shared/media/timeline.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { QUIET, STRIPPED } from './input.ts';
import { ladderGraph } from './video-filter.ts';
import { type FrameRange, videoInput } from './video-input.ts';

/** First descriptor that media comes out of: one for each rendition, in order. */
export const FIRST_OUTPUT_FD = 3;

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
      ...(range.frames === null ? [] : ['-frames:v', String(range.frames)]),
      ...x264(spec, rendition),
      ...STRIPPED,
      ...fragmented(spec),
      `pipe:${FIRST_OUTPUT_FD + i}`,
    ]),
  ];
}

/** Closed GOPs of fixed length that begin with an IDR: any chunk plays after any other. */
function x264(spec: EncodeVideoSpec, rendition: VideoRendition): string[] {
  return [
    ...['-c:v', 'libx264', '-preset', spec.preset],
    ...['-crf', String(rendition.crf)],
    ...['-maxrate', `${rendition.maxBitrateKbps}k`, '-bufsize', `${2 * rendition.maxBitrateKbps}k`],
    ...['-threads', String(spec.threads)],
    ...['-g', String(spec.gopFrames), '-keyint_min', String(spec.gopFrames), '-sc_threshold', '0'],
    ...['-force_key_frames', `expr:eq(mod(n,${spec.gopFrames}),0)`, '-flags', '+cgop'],
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
