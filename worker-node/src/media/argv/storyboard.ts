import type { StoryboardSpec } from '@millrace/shared/task/task-spec.ts';
import { CODEC_WHITELIST } from '../codecs.ts';
import { filterGraph, QUIET, STRIPPED } from './input.ts';

/** JPEG means BT.601 and full range to everyone who shows it. */
const JPEG_COLOURS = 'out_range=pc:out_color_matrix=bt601,format=yuvj420p';

/**
 * Draws every picture of the stream on descriptor 3, in order, onto sheets: `sheets` is their files, numbered from 0 by a
 * "%03d". On descriptor 4 comes a line for each picture with its time.
 */
export function storyboardArgv(spec: StoryboardSpec, sheets: string): string[] {
  const { width, height, columns, rows } = spec;
  return [
    ...QUIET,
    ...['-protocol_whitelist', 'pipe', '-codec_whitelist', CODEC_WHITELIST],
    ...['-threads', '1', '-copyts', '-f', 'mov', '-i', 'pipe:3'],
    ...filterGraph(
      `[0:v:0]scale=${width}:${height}:flags=area:${JPEG_COLOURS},setsar=1,split[pictures][times];` +
        `[pictures]tile=${columns}x${rows}:color=black[sheets]`,
      1,
    ),
    ...['-map', '[sheets]', '-fps_mode', 'passthrough', '-c:v', 'mjpeg', '-q:v', '4', '-threads', '1'],
    ...STRIPPED,
    ...['-f', 'image2', '-start_number', '0', sheets],
    ...['-map', '[times]', '-fps_mode', 'passthrough', '-f', 'framecrc', 'pipe:4'],
  ];
}

/** When each picture is shown, in seconds of the stream's clock: "0, 256, 256, 1, 55296, 0x…" in ticks of "#tb 0: 1/25". */
export function pictureTimes(framecrc: string): number[] {
  const [, num, den] = /^#tb 0: (\d+)\/(\d+)$/m.exec(framecrc) ?? [];
  const tick = Number(num) / Number(den);
  return [...framecrc.matchAll(/^0, *-?\d+, *(-?\d+),/gm)].map(([, pts]) => Number(pts) * tick);
}
