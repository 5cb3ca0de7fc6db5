import { mulDivRound } from '@millrace/shared/media/fraction.ts';
import type { VideoRendition } from '@millrace/shared/media/ladder.ts';
import type { VideoStreamInfo } from '@millrace/shared/media/media-info.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { colourFilter, matrixOption } from './colour.ts';

const MIN_TICKS_PER_SECOND = 90_000;

/**
 * Cuts the grid's frames out of whatever is decoded: the picture of grid point k is the last one that starts less than
 * half a frame after it; before the first picture, the first. In whole ticks of which a frame is a whole number, so
 * that every chunk rounds every timestamp the same way.
 */
export function gridFilter(spec: Pick<EncodeVideoSpec, 'source' | 'frameRate'>, startFrame: number): string {
  const { num, den } = spec.frameRate;
  const multiple = Math.ceil(MIN_TICKS_PER_SECOND / num);
  const ticksPerSecond = num * multiple;
  const originTicks = mulDivRound(spec.source.originMicros, ticksPerSecond, 1_000_000);
  const startTicks = originTicks + startFrame * den * multiple;
  return [
    `settb=1/${ticksPerSecond}`,
    `setpts=PTS${startTicks < 0 ? '+' : '-'}${Math.abs(startTicks)}`,
    `fps=${num}/${den}:start_time=0`,
    `setpts=PTS+${startFrame}`,
  ].join(',');
}

/** Upright, square pixels, 8-bit 4:2:0, limited range, of this size. */
export function pictureFilter(video: VideoStreamInfo, size: { width: number; height: number }): string {
  const sideways = video.rotation === 90 || video.rotation === 270;
  const [width, height] = sideways ? [size.height, size.width] : [size.width, size.height];
  return [
    `scale=${width}:${height}:flags=bicubic:out_range=tv${matrixOption(video)}`,
    'format=yuv420p',
    ...TURNS[video.rotation],
    'setsar=1',
    // Otherwise a decoder's display matrix would be written into the output, and players would turn it once more.
    'sidedata=mode=delete:type=DISPLAYMATRIX',
    colourFilter(video),
  ].join(',');
}

/** All renditions from one decode, each scaled from the one before. Labels of the outputs: v0, v1, … */
export function ladderGraph(spec: EncodeVideoSpec, startFrame: number): string {
  const [largest, ...smaller] = spec.renditions;
  if (!largest) throw new Error('a chunk without renditions');
  const head = `[0:V:${spec.video.index}]${gridFilter(spec, startFrame)},${pictureFilter(spec.video, largest)}`;
  return smaller
    .reduce(
      (graph, rendition, i) => `${graph},split=2[v${i}][from${i}];[from${i}]${scaledFilter(rendition)}`,
      head,
    )
    .concat(`[v${smaller.length}]`);
}

function scaledFilter({ width, height }: VideoRendition): string {
  return `scale=${width}:${height}:flags=bicubic,setsar=1`;
}

const TURNS: Record<VideoStreamInfo['rotation'], string[]> = {
  0: [],
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
};
