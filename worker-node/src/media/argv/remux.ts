import { fence, type Input, QUIET, STRIPPED } from './input.ts';

/** Rewrites a container that cannot seek exactly, without decoding anything. Keeps only what is encoded later. */
export function remuxArgv(
  input: Input,
  streams: { videoIndex: number; audioIndexes: readonly number[] },
  output: { muxer: 'mp4' | 'matroska'; file: string },
): string[] {
  return [
    ...QUIET,
    ...fence(input),
    // Containers without presentation times (AVI, raw streams) get them from the decode order.
    ...['-fflags', '+genpts', '-i', input.url],
    ...[
      '-map',
      `0:V:${streams.videoIndex}`,
      ...streams.audioIndexes.flatMap((index) => ['-map', `0:a:${index}`]),
    ],
    ...['-c', 'copy', '-max_muxing_queue_size', '9999'],
    ...STRIPPED,
    ...(output.muxer === 'mp4' ? ['-movflags', '+faststart'] : []),
    ...['-f', output.muxer, `file:${output.file}`],
  ];
}
