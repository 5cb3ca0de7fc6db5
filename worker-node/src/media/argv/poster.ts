import { frameMicros } from '@millrace/shared/media/timeline.ts';
import type { PosterSpec } from '@millrace/shared/task/task-spec.ts';
import { deinterlaceFilter } from './deinterlace.ts';
import { fence, QUIET, STRIPPED, secondsText } from './input.ts';
import { gridFilter, pictureFilter } from './video-filter.ts';
import { decoder, videoInput } from './video-input.ts';

/** Mean luma above which a picture is not black; black is 16. */
const DARK_LUMA = 28;
const WINDOW_SECONDS = 10;
const CANDIDATES = 24;

/** The very frame; or keyframes near the time that are not black, any frame that is not black, any frame at all. */
export type PosterTry = 'this-frame' | 'bright-keyframe' | 'bright-frame' | 'any-frame';

/** How hard to look, in order. Keyframes alone have no neighbours to be deinterlaced by. */
export function posterTries({ exact, deinterlace }: PosterSpec): PosterTry[] {
  return [
    ...(exact ? (['this-frame'] as const) : []),
    ...(deinterlace === null ? (['bright-keyframe'] as const) : []),
    'bright-frame',
    'any-frame',
  ];
}

/** One JPEG on descriptor 3, or nothing when no picture is good enough for this try. */
export function posterArgv(spec: PosterSpec, url: string, look: PosterTry): string[] {
  const frame = shownAt(spec);
  const filters =
    look === 'this-frame'
      ? [gridFilter(spec, frame), pictureFilter(spec, spec)]
      : // One picture of a pair is enough to choose from.
        [
          ...deinterlaceFilter({ ...spec, deinterlace: spec.deinterlace && 'frame' }),
          pictureFilter(spec, spec),
        ];
  return [
    ...QUIET,
    ...(look === 'this-frame' ? videoInput(spec, url, frame) : searchInput(spec, url, look)),
    ...['-map', `0:V:${spec.video.index}`],
    ...['-vf', [...filters, ...choice(look), JPEG_COLOURS].join(',')],
    ...['-frames:v', '1', '-c:v', 'mjpeg', '-q:v', '3'],
    ...STRIPPED,
    ...['-f', 'image2pipe', 'pipe:3'],
  ];
}

/** The last frame of the grid that begins by then, to the microsecond. */
function shownAt({ atMicros, frameRate }: PosterSpec): number {
  const after = Math.floor((atMicros * frameRate.num) / (frameRate.den * 1_000_000)) + 1;
  return frameMicros(frameRate, after) <= atMicros ? after : after - 1;
}

function searchInput({ source, video, atMicros }: PosterSpec, url: string, look: PosterTry): string[] {
  const seekMicros = source.originMicros + atMicros - source.containerStartMicros;
  const anywhere = look === 'any-frame';
  return [
    ...fence({ url, demuxer: source.demuxer }),
    ...['-noautorotate', '-reinit_filter', '0'],
    ...decoder(video),
    ...(look === 'bright-keyframe' ? ['-skip_frame', 'nokey'] : []),
    ...(anywhere || seekMicros <= 0 ? [] : ['-noaccurate_seek', '-ss', secondsText(seekMicros)]),
    ...(anywhere ? [] : ['-t', String(WINDOW_SECONDS)]),
    ...['-i', url],
  ];
}

function choice(look: PosterTry): string[] {
  if (look === 'any-frame' || look === 'this-frame') return [];
  return [
    'signalstats',
    `metadata=mode=select:key=lavfi.signalstats.YAVG:value=${DARK_LUMA}:function=greater`,
    ...(look === 'bright-frame' ? [] : [`thumbnail=n=${CANDIDATES}`]),
    // One from before the time that was sought is older than zero, and would be dropped for it.
    'setpts=0',
  ];
}

/** JPEG means BT.601 and full range to everyone who shows it. */
const JPEG_COLOURS =
  'colorspace=fast=1:ispace=bt709:irange=tv:space=bt470bg:range=pc:format=yuv420p' +
  ':iprimaries=bt709:itrc=bt709:primaries=bt709:trc=bt709,scale=in_range=pc:out_range=pc,format=yuvj420p';
