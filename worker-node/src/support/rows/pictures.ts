import { expect } from 'vitest';
import type { Outcome } from '../outcome.ts';
import type { SupportRow } from '../support-row.ts';
import { colour, testPicture, X264 } from '../workshop.ts';

const TOLERANCE = 6;

/** Every picture says BT.709 in limited range, and looks like this. */
function shows(expected: readonly number[], tolerance = TOLERANCE) {
  return async ({ file, streams, rgb }: Outcome) => {
    const mp4 = await file('120p.mp4');
    const [video] = await streams(mp4);
    expect(video).toMatchObject({
      ...{ pix_fmt: 'yuv420p', color_range: 'tv', color_space: 'bt709' },
      ...{ color_transfer: 'bt709', color_primaries: 'bt709' },
    });
    const found = await rgb(mp4, 0.5);
    for (const [i, value] of expected.entries())
      expect(Math.abs((found[i] ?? -99) - value)).toBeLessThanOrEqual(tolerance);
  };
}

const ORANGE = [200, 120, 40];
const orange = colour('0xC87828', 1);
const FRESH = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '4'];

function tagged(matrix: string, range: 'tv' | 'pc', primaries: string, transfer: string): string[] {
  return [
    ...['-vf', `scale=out_color_matrix=${matrix}:out_range=${range}:flags=accurate_rnd,format=yuv420p`],
    ...['-colorspace', matrix, '-color_range', range, '-color_primaries', primaries, '-color_trc', transfer],
  ];
}

/** PQ or HLG code for a light of so many nits, as grey in 10 bits of BT.2020. */
function hdrGrey(transfer: 'smpte2084' | 'arib-std-b67'): string[] {
  return [
    ...['-f', 'lavfi', '-i', 'color=gray:size=160x120:rate=25:duration=1,format=gray'],
    ...['-vf', 'geq=lum=128,format=yuv420p10le,setparams=color_primaries=bt2020:colorspace=bt2020nc'],
    ...['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:lossless=1'],
    ...[
      '-color_primaries',
      'bt2020',
      '-colorspace',
      'bt2020nc',
      '-color_trc',
      transfer,
      '-color_range',
      'tv',
    ],
  ];
}

/** Tone-mapped to a grey that is neither black nor burnt out, and has no tint. */
async function isMidGrey({ file, streams, rgb }: Outcome): Promise<void> {
  const mp4 = await file('120p.mp4');
  const [video] = await streams(mp4);
  expect(video).toMatchObject({ pix_fmt: 'yuv420p', color_transfer: 'bt709', color_primaries: 'bt709' });
  const [red = 0, green = 0, blue = 0] = await rgb(mp4, 0.5);
  expect(Math.max(red, green, blue) - Math.min(red, green, blue)).toBeLessThanOrEqual(4);
  expect(green).toBeGreaterThan(70);
  expect(green).toBeLessThan(210);
}

function sized(width: number, height: number, name = '120p') {
  return async ({ file, streams }: Outcome) => {
    const [video] = await streams(await file(`${name}.mp4`));
    expect(video).toMatchObject({ width, height });
    expect(['1:1', undefined]).toContain(video?.sample_aspect_ratio);
  };
}

/** A bar that moves from field to field. */
const movingBar = [
  ...['-f', 'lavfi', '-i', 'color=gray:size=160x120:rate=50:duration=3'],
  ...[
    '-vf',
    `geq=lum='if(between(mod(X-4*N,160),0,40)*between(Y,20,100),235,40)':cb=128:cr=128,tinterlace=interleave_top`,
  ],
  ...['-flags', '+ilme+ildct', '-top', '1', '-c:v', 'mpeg2video', '-qscale:v', '3'],
];

export const pictureRows: SupportRow[] = [
  {
    feature: 'BT.709, limited range',
    input: 'H.264 of one colour',
    result: 'the same colour, tagged BT.709',
    file: ({ make }) => make('mp4', [...orange, ...FRESH, ...tagged('bt709', 'tv', 'bt709', 'bt709')]),
    check: shows(ORANGE),
  },
  {
    feature: 'BT.601',
    input: 'H.264 tagged SMPTE 170M',
    result: 'the same colour in BT.709',
    file: ({ make }) => make('mp4', [...orange, ...FRESH, ...tagged('smpte170m', 'tv', 'bt709', 'bt709')]),
    check: shows(ORANGE),
  },
  {
    feature: 'Full range',
    input: 'H.264 tagged BT.709, range pc',
    result: 'the same colour in limited range',
    file: ({ make }) => make('mp4', [...orange, ...FRESH, ...tagged('bt709', 'pc', 'bt709', 'bt709')]),
    check: shows(ORANGE),
  },
  {
    feature: 'RGB',
    input: 'H.264 4:4:4 in RGB, as screen recorders write it',
    result: 'the same colour in BT.709 4:2:0',
    file: ({ make }) =>
      make('mkv', [
        ...orange,
        '-c:v',
        'libx264rgb',
        '-preset',
        'ultrafast',
        '-qp',
        '4',
        '-vf',
        'format=rgb24',
      ]),
    check: shows(ORANGE),
  },
  {
    feature: '10 bits, 4:2:2',
    input: 'H.264 High 4:2:2 in 10 bits',
    result: '8 bits, 4:2:0',
    file: ({ make }) =>
      make('mp4', [
        ...orange,
        ...FRESH,
        '-vf',
        'scale=out_color_matrix=bt709,format=yuv422p10le',
        '-colorspace',
        'bt709',
        '-color_primaries',
        'bt709',
        '-color_trc',
        'bt709',
        '-color_range',
        'tv',
      ]),
    check: shows(ORANGE),
  },
  {
    feature: 'HDR10',
    input: 'HEVC in 10 bits, PQ, BT.2020',
    result: 'tone-mapped to SDR BT.709',
    file: ({ make }) => make('mp4', hdrGrey('smpte2084')),
    check: isMidGrey,
  },
  {
    feature: 'HLG',
    input: 'HEVC in 10 bits, HLG, BT.2020',
    result: 'tone-mapped to SDR BT.709',
    file: ({ make }) => make('mp4', hdrGrey('arib-std-b67')),
    check: isMidGrey,
  },
  {
    feature: 'Transparency',
    input: 'VP9 with alpha, all transparent, `background: "#2060c0"`',
    result: 'the colour asked for',
    file: ({ make }) =>
      make('webm', [
        '-f',
        'lavfi',
        '-i',
        'color=red@0:size=160x120:rate=25:duration=1,format=yuva420p',
        '-c:v',
        'libvpx-vp9',
        '-cpu-used',
        '8',
        '-deadline',
        'realtime',
      ]),
    profile: { background: '#2060c0' },
    check: shows([0x20, 0x60, 0xc0], 8),
  },
  {
    feature: 'Interlaced, a frame of each field',
    input: 'MPEG-2, 25 interlaced frames a second',
    result: '50 frames a second',
    file: ({ make }) => make('mpg', movingBar),
    async check({ job, track, newFrames, wovenFrames }) {
      expect(job.plan.frameRate).toEqual({ num: 50, den: 1 });
      const video = await track('120p');
      expect(Math.abs((await newFrames(video)) - 150)).toBeLessThanOrEqual(8);
      expect(await wovenFrames(video)).toBeLessThan(10);
    },
  },
  {
    feature: 'Interlaced, a frame of each pair',
    input: 'the same, `deinterlace: "frame"`',
    result: '25 frames a second',
    file: ({ make }) => make('mpg', movingBar),
    profile: { deinterlace: 'frame' },
    async check({ job, track, frames, wovenFrames }) {
      expect(job.plan.frameRate).toEqual({ num: 25, den: 1 });
      const video = await track('120p');
      expect(Math.abs((await frames(video)) - 75)).toBeLessThanOrEqual(2);
      expect(await wovenFrames(video)).toBeLessThan(10);
    },
  },
  {
    feature: 'Pixels that are not square',
    input: '160 × 120 with pixels of 2:1',
    result: '320 × 120, square',
    file: ({ make }) => make('mp4', [...testPicture(1), '-vf', 'setsar=2/1', ...X264]),
    check: sized(320, 120),
  },
  {
    feature: 'Odd sizes',
    input: '161 × 121 in 4:4:4',
    result: '160 × 120',
    file: ({ make }) => make('mp4', [...testPicture(1, '25', '161x121'), ...X264, '-pix_fmt', 'yuv444p']),
    check: sized(160, 120),
  },
  {
    feature: 'One pixel',
    input: '1 × 1 in H.264 4:4:4',
    result: '2 × 2',
    file: ({ make }) =>
      make('mkv', [
        '-f',
        'lavfi',
        '-i',
        'color=red:size=1x1:rate=25:duration=0.4,format=yuv444p',
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-pix_fmt',
        'yuv444p',
      ]),
    check: sized(2, 2, '2p'),
  },
];
