import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { QUIET } from './input.ts';
import { gridFilter } from './video-filter.ts';
import { type FrameRange, videoInput } from './video-input.ts';

/** A second opinion on a failed encode: the same stretch decoded and thrown away. Fails only if the source is at fault. */
export function decodeOnlyArgv(spec: EncodeVideoSpec, url: string, range: FrameRange): string[] {
  return [
    ...QUIET,
    ...videoInput(spec, url, range.startFrame),
    ...['-filter_complex', `[0:V:${spec.video.index}]${gridFilter(spec, range.startFrame)}[v0]`],
    ...['-map', '[v0]'],
    ...(range.frames === null ? [] : ['-frames:v', String(range.frames)]),
    ...['-f', 'null', '-'],
  ];
}

/** The same for a whole audio track. */
export function decodeAudioOnlyArgv(input: string[], index: number): string[] {
  return [...QUIET, ...input, '-map', `0:a:${index}`, '-f', 'null', '-'];
}
