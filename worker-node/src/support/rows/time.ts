import { expect } from 'vitest';
import type { Outcome } from '../outcome.ts';
import type { SupportRow } from '../support-row.ts';
import { AAC, testPicture, tone, X264 } from '../workshop.ts';

function frames(expected: number) {
  return async ({ track, frames: count }: Outcome) => {
    expect(await count(await track('120p'))).toBe(expected);
  };
}

/** Another colour every second: red, green, blue, white, grey. */
const SECONDS = ['red', 'lime', 'blue', 'white', 'gray'];
const colours = SECONDS.flatMap((name) => [
  '-f',
  'lavfi',
  '-i',
  `color=${name}:size=160x120:rate=25:duration=1`,
]);
const oneAfterAnother = ['-filter_complex', `concat=n=${SECONDS.length}`, ...X264];

export const timeRows: SupportRow[] = [
  {
    feature: 'Trim, exact to the frame',
    input: 'a colour a second, `start_seconds: 1`, `end_seconds: 3.04`',
    result: '51 frames: 25 green, 25 blue, 1 white',
    file: ({ make }) => make('mp4', [...colours, ...oneAfterAnother]),
    profile: { start_seconds: 1, end_seconds: 3.04 },
    async check({ file, frames: count, rgb }) {
      const mp4 = await file('120p.mp4');
      expect(await count(mp4)).toBe(51);
      const at = async (frame: number) => (await rgb(mp4, frame / 25)).map((value) => value > 128);
      expect(await at(0)).toEqual([false, true, false]);
      expect(await at(24)).toEqual([false, true, false]);
      expect(await at(25)).toEqual([false, false, true]);
      expect(await at(49)).toEqual([false, false, true]);
      expect(await at(50)).toEqual([true, true, true]);
    },
  },
  {
    feature: 'Trim of sound',
    input: 'the same times of a film with sound',
    result: 'sound as long as the pictures, within a packet',
    file: ({ make }) => make('mp4', [...testPicture(5), ...tone(5), ...X264, ...AAC]),
    profile: { start_seconds: 1, end_seconds: 3.04 },
    async check({ file, streams }) {
      const [, sound] = await streams(await file('120p.mp4'));
      expect(Math.abs((sound?.duration ?? 0) - 2.04)).toBeLessThan(0.045);
    },
  },
  {
    feature: 'Variable frame rate',
    input: '30 fps with every fourth frame missing, and gaps',
    result: 'constant, as long as before',
    file: ({ make }) =>
      make('mp4', [
        ...testPicture(6, '30'),
        '-vf',
        "select='mod(n,4)*not(between(n,60,90))'",
        '-vsync',
        'vfr',
        ...X264,
      ]),
    async check({ job, track, frames: count }) {
      const { num, den } = job.plan.frameRate;
      const seconds = ((await count(await track('120p'))) * den) / num;
      expect(Math.abs(seconds - 6)).toBeLessThan(0.1);
    },
  },
  {
    feature: 'High frame rates',
    input: '120 fps',
    result: '120 fps',
    file: ({ make }) => make('mp4', [...testPicture(1, '120'), ...X264]),
    check: frames(120),
  },
  {
    feature: 'One frame',
    input: 'a film of one frame',
    result: 'one frame',
    file: ({ make }) => make('mp4', [...testPicture(0.04), ...X264]),
    check: frames(1),
  },
  {
    feature: 'A fifth of a second',
    input: '5 frames with sound',
    result: '5 frames with sound',
    file: ({ make }) => make('mp4', [...testPicture(0.2), ...tone(0.2), ...X264, ...AAC]),
    check: frames(5),
  },
  {
    feature: 'Edit lists',
    input: 'MP4 that begins 1.3 s into its first GOP',
    result: 'the pictures of its edit list and no others',
    async file({ make }) {
      const whole = await make('mp4', [...testPicture(5), ...X264, '-g', '70', '-bf', '2']);
      return make('mp4', ['-ss', '1.32', '-i', whole, '-c', 'copy']);
    },
    check: frames(92),
  },
  {
    feature: 'Three hours',
    input: 'a picture every second for three hours',
    result: '10 800 frames',
    file: ({ make }) =>
      make('mp4', [
        '-f',
        'lavfi',
        '-i',
        'color=blue:size=64x64:rate=1:duration=10800',
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-g',
        '600',
        '-pix_fmt',
        'yuv420p',
      ]),
    profile: { renditions: [{ height: 64 }], packaging: ['hls'] },
    async check({ track, frames: count }) {
      expect(await count(await track('64p'))).toBe(10_800);
    },
  },
];
