import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { filterGraph, QUIET } from '../media/argv/input.ts';
import { ladderGraph } from '../media/argv/video-filter.ts';
import { type FrameRange, videoInput } from '../media/argv/video-input.ts';
import { renditionFrames } from '../media/rendition-grid.ts';

/** The same frames that `encodeVideoArgv` gives to the encoder of one rendition, as MD5 sums on descriptor 3. */
export function frameHashArgv(spec: EncodeVideoSpec, url: string, range: FrameRange): string[] {
  const only = { ...spec, renditions: spec.renditions.slice(0, 1) };
  return [
    ...QUIET,
    ...videoInput(only, url, range.startFrame),
    ...filterGraph(ladderGraph(only, range.startFrame), only.threads),
    ...['-map', '[v0]'],
    ...only.renditions.flatMap((rendition) =>
      range.frames === null ? [] : ['-frames:v', String(renditionFrames(range.frames, rendition))],
    ),
    ...['-f', 'framemd5', 'pipe:3'],
  ];
}
