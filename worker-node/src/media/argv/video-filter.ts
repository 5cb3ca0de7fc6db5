import { mulDivRound } from '@millrace/shared/media/fraction.ts';
import type { VideoRendition } from '@millrace/shared/media/ladder.ts';
import type { VideoStreamInfo } from '@millrace/shared/media/media-info.ts';
import type { Pictures } from '@millrace/shared/task/task-spec.ts';
import { backgroundFilter } from './background.ts';
import { bt709Filter } from './bt709.ts';
import { captionsOnce } from './captions.ts';
import { deinterlaceFilter } from './deinterlace.ts';

const MIN_TICKS_PER_SECOND = 90_000;

/**
 * Cuts the grid's frames out of whatever is decoded: the picture of grid point k is the last one that starts less than
 * half a frame after it; before the first picture, the first. In whole ticks of which a frame is a whole number, so
 * that every chunk rounds every timestamp the same way.
 */
export function gridFilter(pictures: Pictures, startFrame: number): string {
  const { num, den } = pictures.frameRate;
  const multiple = Math.ceil(MIN_TICKS_PER_SECOND / num);
  const ticksPerSecond = num * multiple;
  const originTicks = mulDivRound(pictures.source.originMicros, ticksPerSecond, 1_000_000);
  const startTicks = originTicks + startFrame * den * multiple;
  return [
    ...deinterlaceFilter(pictures),
    // Before frames are dropped, since a chunk may begin with the second field of a frame; and after some are repeated.
    ...captionsOnce(pictures),
    `settb=1/${ticksPerSecond}`,
    `setpts=PTS${startTicks < 0 ? '+' : '-'}${Math.abs(startTicks)}`,
    `fps=${num}/${den}:start_time=0`,
    `setpts=PTS+${startFrame}`,
    ...captionsOnce(pictures),
  ].join(',');
}

/** Opaque, upright, square pixels, 8-bit 4:2:0, BT.709, limited range, of this size. */
export function pictureFilter(pictures: Pictures, size: { width: number; height: number }): string {
  const { video } = pictures;
  const sideways = video.rotation === 90 || video.rotation === 270;
  return [
    ...backgroundFilter(pictures),
    ...bt709Filter(video, sideways ? { width: size.height, height: size.width } : size),
    ...TURNS[video.rotation],
    'setsar=1',
    // Otherwise a decoder's display matrix would be written into the output, and players would turn it once more.
    'sidedata=mode=delete:type=DISPLAYMATRIX',
    BT709,
  ].join(',');
}

type Step = Pick<VideoRendition, 'name' | 'width' | 'height'>;

/**
 * All renditions from one decode, each scaled from the one before, through those too that another task has made. Labels
 * of the outputs: v0, v1, …
 */
export function ladderGraph(
  pictures: Pictures & { renditions: readonly VideoRendition[]; chain?: readonly Step[] | undefined },
  startFrame: number,
): string {
  const { renditions, chain = renditions } = pictures;
  const place = (step: Step) => renditions.findIndex(({ name }) => name === step.name);
  const steps = chain.slice(0, chain.findLastIndex((step) => place(step) >= 0) + 1);
  const [largest] = steps;
  if (!largest) throw new Error('a chunk without renditions');
  const head = `[0:V:${pictures.video.index}]${gridFilter(pictures, startFrame)},${pictureFilter(pictures, largest)}`;
  return steps
    .map((step, i) => {
      const scaled = i === 0 ? head : `[from${i - 1}]${scaledFilter(step)}`;
      const v = place(step);
      const rendition = renditions[v];
      if (!rendition) return `${scaled}[from${i}]`;
      const fewer = fewerFrames(pictures, rendition);
      if (i === steps.length - 1) return `${[scaled, ...fewer].join(',')}[v${v}]`;
      return fewer.length === 0
        ? `${scaled},split=2[v${v}][from${i}]`
        : `${scaled},split=2[all${i}][from${i}];[all${i}]${fewer.join(',')}[v${v}]`;
    })
    .join(';');
}

/** Half of the captions would be nonsense: they go with the first frame that is dropped, unless that is a second field. */
function fewerFrames({ video, deinterlace }: Pictures, { frameStep }: VideoRendition): string[] {
  if (frameStep === 1) return [];
  const keepsAll = deinterlace === 'field' && frameStep === 2;
  return [
    `framestep=${frameStep}`,
    ...(video.closedCaptions && !keepsAll ? ['sidedata=mode=delete:type=A53_CC'] : []),
  ];
}

function scaledFilter({ width, height }: Step): string {
  return `scale=${width}:${height}:flags=bicubic,setsar=1`;
}

/** Said to the encoder, so that every chunk's headers say the same. */
const BT709 = 'setparams=field_mode=prog:range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709';

const TURNS: Record<VideoStreamInfo['rotation'], string[]> = {
  0: [],
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
};
