import type { Carrier } from '../codecs.ts';
import { fence, type Input, QUIET } from './input.ts';

/** What is copied, each by its index among its kind. */
export interface CopiedStreams {
  videoIndex: number | null;
  /** Said again in the copy, where a tag of the container is all that tells. */
  alpha: boolean;
  audioIndexes: readonly number[];
  subtitleIndexes: readonly number[];
}

/** Rewrites a container that cannot seek exactly, without decoding anything. Keeps only what is encoded later. */
export function remuxArgv(
  input: Input,
  { videoIndex, alpha, audioIndexes, subtitleIndexes }: CopiedStreams,
  output: { muxer: Carrier; file: string },
): string[] {
  return [
    ...QUIET,
    ...fence(input),
    // Containers without presentation times (AVI, raw streams) get them from the decode order.
    ...['-fflags', '+genpts', '-i', input.url],
    ...(videoIndex === null ? [] : ['-map', `0:V:${videoIndex}`]),
    ...audioIndexes.flatMap((index) => ['-map', `0:a:${index}`]),
    ...subtitleIndexes.flatMap((index) => ['-map', `0:s:${index}`]),
    ...['-c', 'copy', '-max_muxing_queue_size', '9999'],
    ...['-dn', '-map_metadata', '-1', '-map_chapters', '-1', '-fflags', '+bitexact'],
    ...(alpha ? ['-metadata:s:v:0', 'alpha_mode=1'] : []),
    ...(output.muxer === 'matroska' ? [] : ['-movflags', '+faststart']),
    ...['-f', output.muxer, `file:${output.file}`],
  ];
}
