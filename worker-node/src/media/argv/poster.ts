import type { PosterSpec } from '@millrace/shared/task/task-spec.ts';
import { fence, QUIET, STRIPPED, secondsText } from './input.ts';
import { pictureFilter } from './video-filter.ts';

/** Mean luma above which a picture is not black; black is 16. */
const DARK_LUMA = 28;
const WINDOW_SECONDS = 10;
const CANDIDATES = 24;

/** How hard to look: keyframes near the time that are not black, any frame that is not black, any frame at all. */
export const POSTER_TRIES = ['bright-keyframe', 'bright-frame', 'any-frame'] as const;
export type PosterTry = (typeof POSTER_TRIES)[number];

/** One JPEG on descriptor 3, or nothing when no picture is good enough for this try. */
export function posterArgv(spec: PosterSpec, url: string, look: PosterTry): string[] {
  const { source } = spec;
  const seekMicros = source.originMicros + spec.atMicros - source.containerStartMicros;
  const anywhere = look === 'any-frame';
  return [
    ...QUIET,
    ...fence({ url, demuxer: source.demuxer }),
    ...['-noautorotate', '-reinit_filter', '0'],
    ...(look === 'bright-keyframe' ? ['-skip_frame', 'nokey'] : []),
    ...(anywhere || seekMicros <= 0 ? [] : ['-noaccurate_seek', '-ss', secondsText(seekMicros)]),
    ...(anywhere ? [] : ['-t', String(WINDOW_SECONDS)]),
    ...['-i', url],
    ...['-map', `0:V:${spec.video.index}`],
    ...['-vf', [pictureFilter(spec.video, spec), ...choice(look), JPEG_COLOURS].join(',')],
    ...['-frames:v', '1', '-c:v', 'mjpeg', '-q:v', '3'],
    ...STRIPPED,
    ...['-f', 'image2pipe', 'pipe:3'],
  ];
}

function choice(look: PosterTry): string[] {
  if (look === 'any-frame') return [];
  return [
    'signalstats',
    `metadata=mode=select:key=lavfi.signalstats.YAVG:value=${DARK_LUMA}:function=greater`,
    ...(look === 'bright-frame' ? [] : [`thumbnail=n=${CANDIDATES}`]),
  ];
}

/** JPEG means BT.601 and full range to everyone who shows it. */
const JPEG_COLOURS = 'scale=out_range=pc:out_color_matrix=bt601,format=yuvj420p';
