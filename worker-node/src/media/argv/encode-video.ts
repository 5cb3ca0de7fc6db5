import type { VideoRendition } from '@millrace/shared/media/ladder.ts';
import { BASE_SECONDS, videoTimescale } from '@millrace/shared/media/timeline.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { renditionGrid } from '../rendition-grid.ts';
import { encoderArgv } from './encoders/encoder-argv.ts';
import { filterGraph, QUIET, STRIPPED } from './input.ts';
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
    ...filterGraph(ladderGraph(spec, range.startFrame), spec.threads),
    ...spec.renditions.flatMap((rendition, i) => [
      ...['-map', `[v${i}]`],
      ...encoderArgv(spec, rendition, range),
      ...STRIPPED,
      ...fragmented(spec, rendition),
      `pipe:${FIRST_OUTPUT_FD + i}`,
    ]),
  ];
}

/**
 * `frag_discont` and no edit list: the offset goes into the decode times, where the next chunk expects it, and not
 * into the header, which must be the same in all chunks.
 */
function fragmented(spec: EncodeVideoSpec, rendition: VideoRendition): string[] {
  const timescale = videoTimescale(renditionGrid(spec, rendition).frameRate);
  return [
    ...['-avoid_negative_ts', 'disabled', '-output_ts_offset', String(BASE_SECONDS)],
    ...['-video_track_timescale', String(timescale)],
    ...['-movflags', '+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer'],
    ...['-use_editlist', '0'],
    ...['-f', 'mp4'],
  ];
}
