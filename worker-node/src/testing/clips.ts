import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { inject } from 'vitest';

/** A clip by what is odd about it: what it is made of, and how. */
interface Recipe {
  extension: string;
  /** ffmpeg's arguments up to the output file; `from` is another clip, given as the input. */
  argv: (from: string) => string[];
  from?: string;
  /** Done to the bytes afterwards. */
  patch?: (bytes: Buffer) => Buffer;
}

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '70', '-pix_fmt', 'yuv420p'];
const AAC = ['-c:a', 'aac', '-b:a', '64k'];
const COPY = ['-c', 'copy'];

function pictures(seconds: number, rate: string, size = '160x120'): string[] {
  return ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`];
}

function sound(seconds: number, options = ''): string[] {
  return ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}${options}`];
}

/** White for a tenth of a second and a beep with it, every two seconds and at the end. */
const FLASHES = [
  ...['-f', 'lavfi', '-i'],
  "color=black:size=160x120:rate=25:duration=12.2,drawbox=color=white:t=fill:enable='lt(mod(t,2),0.1)'",
];
function beeps(rate: number): string[] {
  return ['-f', 'lavfi', '-i', `aevalsrc='if(lt(mod(t,2),0.1),sin(2000*PI*t),0)':s=${rate}:d=12.2`];
}

export const CLIPS = {
  ntsc: {
    extension: 'mp4',
    argv: () => [...pictures(9, '30000/1001'), ...sound(9), ...X264, ...AAC],
  },
  film: { extension: 'mp4', argv: () => [...pictures(7.3, '24000/1001'), ...X264] },
  variable: {
    extension: 'mp4',
    argv: () => [
      ...[...pictures(11, '30'), ...sound(11)],
      ...['-vf', "select='not(mod(n,4))+gt(mod(n,90),70)'", '-vsync', 'vfr', ...X264, ...AAC],
    ],
  },
  variableMatroska: { extension: 'mkv', from: 'variable', argv: (from) => ['-i', from, ...COPY] },
  portrait: { extension: 'mp4', argv: () => [...pictures(5, '25', '90x160'), ...X264] },
  rotated: { extension: 'mp4', from: 'portrait', argv: (from) => ['-i', from, ...COPY], patch: rotate90 },
  oddSize: {
    extension: 'mp4',
    argv: () => [...pictures(3, '25', '161x121'), ...X264, '-pix_fmt', 'yuv444p'],
  },
  wide: { extension: 'mp4', argv: () => [...pictures(3, '25'), '-vf', 'setsar=2/1', ...X264] },
  editList: {
    extension: 'mp4',
    from: 'ntsc',
    argv: (from) => ['-ss', '1.3', '-i', from, ...COPY],
  },
  transportStream: { extension: 'ts', from: 'ntsc', argv: (from) => ['-i', from, ...COPY] },
  matroska: { extension: 'mkv', from: 'ntsc', argv: (from) => ['-i', from, ...COPY] },
  liveMatroska: {
    extension: 'mkv',
    from: 'ntsc',
    argv: (from) => ['-i', from, ...COPY, '-live', '1'],
  },
  fragmented: {
    extension: 'mp4',
    from: 'ntsc',
    argv: (from) => ['-i', from, ...COPY, '-movflags', '+frag_keyframe+empty_moov'],
  },
  flash: { extension: 'flv', from: 'ntsc', argv: (from) => ['-i', from, ...COPY] },
  webm: {
    extension: 'webm',
    argv: () => [
      ...[...pictures(6, '30'), ...sound(6), '-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8'],
      ...['-b:v', '300k', '-c:a', 'libopus', '-b:a', '48k'],
    ],
  },
  avi: {
    extension: 'avi',
    argv: () => [...pictures(6, '25'), ...sound(6), '-c:v', 'mpeg4', '-bf', '2', '-c:a', 'libmp3lame'],
  },
  programStream: {
    extension: 'mpg',
    argv: () => [...pictures(6, '25'), ...sound(6), '-c:v', 'mpeg2video', '-bf', '2', '-c:a', 'mp2'],
  },
  ogg: {
    extension: 'ogv',
    argv: () => [...pictures(6, '25'), ...sound(6), '-c:v', 'libtheora', '-c:a', 'libvorbis'],
  },
  oneFrame: { extension: 'mp4', argv: () => [...pictures(0.04, '25'), ...X264] },
  short: { extension: 'mp4', argv: () => [...pictures(0.2, '25'), ...sound(0.2), ...X264, ...AAC] },
  lateAudio: {
    extension: 'mp4',
    argv: () => [...pictures(6, '25'), '-itsoffset', '0.73', ...sound(4), ...X264, ...AAC],
  },
  lateVideo: {
    extension: 'mp4',
    argv: () => ['-itsoffset', '0.73', ...pictures(6, '25'), ...sound(6), ...X264, ...AAC],
  },
  longAudio: { extension: 'mp4', argv: () => [...pictures(3, '25'), ...sound(8), ...X264, ...AAC] },
  sixty: { extension: 'mp4', argv: () => [...pictures(5, '60'), ...X264] },
  hundredTwenty: { extension: 'mp4', argv: () => [...pictures(3, '120'), ...X264] },
  tenBit: {
    extension: 'mp4',
    argv: () => [
      ...[...pictures(3, '25'), '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le'],
      ...['-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc'],
    ],
  },
  surround: {
    extension: 'mkv',
    argv: () => [...pictures(3, '25'), ...sound(3), ...X264, '-ac', '6', '-c:a', 'ac3'],
  },
  coverArt: {
    extension: 'mp4',
    argv: () => [
      ...[...pictures(3, '25'), ...pictures(1, '1', '32x32'), '-map', '0', '-map', '1'],
      ...['-c:v:0', 'libx264', '-preset:v:0', 'ultrafast', '-pix_fmt:v:0', 'yuv420p'],
      ...['-c:v:1', 'mjpeg', '-frames:v:1', '1', '-disposition:v:1', 'attached_pic'],
    ],
  },
  sound: { extension: 'mp4', argv: () => [...sound(2), ...AAC] },
  faststart: {
    extension: 'mp4',
    from: 'ntsc',
    argv: (from) => ['-i', from, ...COPY, '-movflags', '+faststart'],
  },
  black: {
    extension: 'mp4',
    argv: () => ['-f', 'lavfi', '-i', 'color=black:size=160x120:rate=25:duration=2', ...X264],
  },
  fadeIn: {
    extension: 'mp4',
    argv: () => [...pictures(8, '25'), '-vf', "drawbox=color=black:t=fill:enable='lt(t,4)'", ...X264],
  },
  flashes: { extension: 'mp4', argv: () => [...FLASHES, ...beeps(48_000), ...X264, ...AAC] },
  flashes44k: { extension: 'mp4', argv: () => [...FLASHES, ...beeps(44_100), ...X264, ...AAC] },
  flashesTs: { extension: 'ts', from: 'flashes', argv: (from) => ['-i', from, ...COPY] },
  flashesLate: {
    extension: 'mkv',
    from: 'flashes',
    // The first 0.9 s of sound are missing; what is left stays in its place.
    argv: (from) => ['-i', from, '-c:v', 'copy', '-af', 'atrim=start=0.9', ...AAC],
  },
  prores: {
    extension: 'mov',
    argv: () => [
      ...[...pictures(7, '25'), ...sound(7, ':sample_rate=48000'), '-c:v', 'prores_ks', '-profile:v', 'hq'],
      ...['-c:a', 'pcm_s24le'],
    ],
  },
  prores4444: {
    extension: 'mov',
    argv: () => [
      ...[...pictures(2, '24'), '-vf', 'format=yuva444p10le', '-c:v', 'prores_ks', '-profile:v', '4444'],
    ],
  },
  dnxhrMxf: {
    extension: 'mxf',
    argv: () => [
      ...[...pictures(7, '25', '256x144'), ...sound(7, ':sample_rate=48000')],
      ...['-c:v', 'dnxhd', '-profile:v', 'dnxhr_hq', '-pix_fmt', 'yuv422p', '-c:a', 'pcm_s24le'],
    ],
  },
  broadcastMxf: {
    extension: 'mxf',
    argv: () => [
      ...[...pictures(7, '25'), ...sound(7, ':sample_rate=48000'), '-c:v', 'mpeg2video', '-bf', '2'],
      ...['-g', '12', '-flags', '+ilme+ildct', '-c:a', 'pcm_s16le'],
    ],
  },
  h264Mxf: {
    extension: 'mxf',
    argv: () => [
      ...[...pictures(7, '30000/1001'), ...sound(7, ':sample_rate=48000'), ...X264, '-g', '50'],
      ...['-c:a', 'pcm_s16le'],
    ],
  },
  broadcast: {
    extension: 'ts',
    argv: () => [
      ...[...pictures(6, '25'), ...sound(6), ...sound(6)],
      ...['-map', '0', '-map', '1', '-map', '2', '-vf', 'tinterlace=interleave_top,fieldorder=tff'],
      ...['-c:v', 'mpeg2video', '-flags', '+ilme+ildct', '-bf', '2', '-c:a:0', 'mp2', '-c:a:1', 'ac3'],
    ],
  },
  phone: {
    extension: 'mov',
    from: 'phoneUpright',
    argv: (from) => [
      ...['-i', from, ...COPY, '-tag:v', 'hvc1', '-movflags', '+use_metadata_tags'],
      ...['-metadata', 'com.apple.quicktime.location.ISO6709=+48.2082+016.3738+171.000/'],
    ],
    patch: rotate90,
  },
  phoneUpright: {
    extension: 'mp4',
    argv: () => [
      ...[...pictures(5, '30', '160x96'), ...sound(5), '-c:v', 'libx265', '-preset', 'ultrafast'],
      ...['-x265-params', 'log-level=error', '-pix_fmt', 'yuv420p', ...AAC],
    ],
  },
  screen: {
    extension: 'mp4',
    argv: () => [
      ...[...pictures(8, '60'), '-vf', "select='lt(mod(n,97),9)+eq(mod(n,31),0)',format=yuv444p"],
      ...['-vsync', 'vfr', '-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'high444'],
    ],
  },
  screenRgb: {
    extension: 'mkv',
    argv: () => [...pictures(3, '30'), '-vf', 'format=gbrp', '-c:v', 'libx264rgb', '-preset', 'ultrafast'],
  },
  browser: {
    extension: 'webm',
    argv: () => [
      ...[...pictures(6, '30'), ...sound(6), '-vf', "select='not(eq(mod(n,7),3))'", '-vsync', 'vfr'],
      ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '300k'],
      ...['-c:a', 'libopus', '-b:a', '48k', '-live', '1'],
    ],
  },
  onePixel: {
    extension: 'mp4',
    argv: () => [...[...pictures(1, '25', '16x16'), '-vf', 'scale=1:1,format=yuv444p', '-c:v', 'libx264']],
  },
  detailed: {
    extension: 'mp4',
    argv: () => [
      ...['-f', 'lavfi', '-i', 'mandelbrot=size=320x180:rate=25', '-t', '9'],
      ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '12', '-pix_fmt', 'yuv420p'],
    ],
  },
  noisy: {
    extension: 'mp4',
    argv: () => [
      ...['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25:duration=8,noise=alls=12:allf=t'],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '4', '-pix_fmt', 'yuv420p'],
    ],
  },
} satisfies Record<string, Omit<Recipe, 'from'> & { from?: string }>;

export type ClipName = keyof typeof CLIPS;

const RECIPES: Record<ClipName, Recipe> = CLIPS;

/** Path of a clip; made on first use. Two test files may make the same one at once: the last rename wins. */
export async function clip(name: ClipName): Promise<string> {
  const recipe: Recipe = RECIPES[name];
  const file = join(inject('clipsFolder'), `${name}.${recipe.extension}`);
  if (existsSync(file)) return file;
  const from = isClipName(recipe.from) ? await clip(recipe.from) : '';
  const draft = `${file}.${randomUUID()}.${recipe.extension}`;
  await execa('ffmpeg', ['-nostdin', '-v', 'error', ...recipe.argv(from), '-y', draft]);
  if (recipe.patch) await writeFile(draft, recipe.patch(await readFile(draft)));
  await rename(draft, file);
  return file;
}

function isClipName(name: string | undefined): name is ClipName {
  return name !== undefined && Object.hasOwn(CLIPS, name);
}

const MATRIX_AT = 4 + 40;
const QUARTER_TURN = [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000];

/** Writes a display matrix into the first track's header, as a phone held sideways does. */
function rotate90(bytes: Buffer): Buffer {
  const tkhd = bytes.indexOf('tkhd');
  for (const [i, value] of QUARTER_TURN.entries()) bytes.writeInt32BE(value, tkhd + MATRIX_AT + i * 4);
  return bytes;
}
