import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** A white bar on grey that moves two pixels to the right with every field. */
const BAR_STEP = 2;
const moving = (rate: string, seconds: number) => [
  ...['-f', 'lavfi', '-i', `color=0x606060:s=160x96:r=${rate}:d=${seconds}`],
  ...['-f', 'lavfi', '-i', `color=white:s=8x96:r=${rate}:d=${seconds}`],
];
const bar = (then: string) => [
  '-filter_complex',
  `[0][1]overlay=x='mod(n*${BAR_STEP}\\,152)':shortest=1${then}`,
];

const MPEG2 = ['-c:v', 'mpeg2video', '-q:v', '2', '-bf', '2', '-g', '12'];
const FIELDS = ['-flags', '+ildct+ilme'];

/** Interlaced films, by what they are like. */
const RECIPES = {
  /** PAL broadcast: open GOPs. */
  mpeg2Top: {
    extension: 'mpg',
    argv: [...moving('50', 7), ...bar(',interlace=scan=tff:lowpass=0'), ...MPEG2, ...FIELDS, '-top', '1'],
  },
  /** As DV has its fields. */
  mpeg2Bottom: {
    extension: 'mpg',
    argv: [
      ...[...moving('60000/1001', 6), ...bar(',interlace=scan=bff:lowpass=0')],
      ...[...MPEG2, ...FIELDS, '-top', '0'],
    ],
  },
  /** H.264 with fields and frames mixed within a picture (MBAFF). */
  mbaff: {
    extension: 'mp4',
    argv: [
      ...[...moving('50', 7), ...bar(',interlace=scan=tff:lowpass=0')],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '12', '-bf', '2', '-g', '25', ...FIELDS],
      ...['-x264-params', 'tff=1:open-gop=1', '-pix_fmt', 'yuv420p'],
    ],
  },
  mbaffStream: {
    extension: 'ts',
    argv: [
      ...[...moving('50', 7), ...bar(',interlace=scan=tff:lowpass=0')],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '12', '-bf', '2', '-g', '25', ...FIELDS],
      ...['-x264-params', 'tff=1:open-gop=1', '-pix_fmt', 'yuv420p'],
    ],
  },
  prores: {
    extension: 'mov',
    argv: [
      ...[...moving('50', 5), ...bar(',interlace=scan=tff:lowpass=0')],
      ...['-c:v', 'prores_ks', '-profile:v', '0', ...FIELDS],
    ],
  },
  /** A stream of fields in which every picture after the first GOP says that it is a whole one. */
  wholeFrames: {
    extension: 'mpg',
    argv: [...moving('25', 5), ...bar(''), ...MPEG2, ...FIELDS, '-top', '1'],
  },
} satisfies Record<string, { extension: string; argv: string[] }>;
export type InterlacedClip = keyof typeof RECIPES;

export async function makeInterlaced(name: InterlacedClip, folder: string): Promise<string> {
  const { extension, argv } = RECIPES[name];
  const file = join(folder, `${name}.${extension}`);
  await execa('ffmpeg', ['-nostdin', '-v', 'error', ...argv, '-y', file]);
  if (name === 'wholeFrames') await writeFile(file, sayWhole(await readFile(file)));
  return file;
}

const PICTURE_CODING_EXTENSION = Buffer.from([0, 0, 1, 0xb5]);

/** Sets `progressive_frame` (ITU-T H.262, 6.2.3.1) from the second GOP on: ffmpeg's encoder knows only all or none. */
function sayWhole(film: Buffer): Buffer {
  let picture = 0;
  for (let at = film.indexOf(PICTURE_CODING_EXTENSION); at >= 0; ) {
    if ((film[at + 4] ?? 0) >> 4 === 8) {
      picture += 1;
      if (picture > 12) film[at + 8] = (film[at + 8] ?? 0) | 0x80;
    }
    at = film.indexOf(PICTURE_CODING_EXTENSION, at + 4);
  }
  return film;
}
