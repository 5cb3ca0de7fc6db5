import { expect } from 'vitest';
import type { SupportRow } from '../support-row.ts';
import { testPicture, type Workshop, X264 } from '../workshop.ts';

/** Black, then red from the third second on. */
const blackThenRed = ({ make }: Workshop) =>
  make('mp4', [
    '-f',
    'lavfi',
    '-i',
    "color=black:size=160x120:rate=25:duration=6,drawbox=c=red:t=fill:enable='gte(t,3)'",
    ...X264,
  ]);

export const extraRows: SupportRow[] = [
  {
    feature: 'Poster',
    input: 'a film that begins black',
    result: 'a picture that is not black',
    file: blackThenRed,
    async check({ file, rgb }) {
      const [red = 0] = await rgb(await file('poster.jpg'), 0);
      expect(red).toBeGreaterThan(150);
    },
  },
  {
    feature: 'Poster at a chosen time',
    input: 'the same, `poster_at_seconds: 1`',
    result: 'the picture of that time, black',
    file: blackThenRed,
    profile: { poster_at_seconds: 1 },
    async check({ file, rgb }) {
      const [red = 255] = await rgb(await file('poster.jpg'), 0);
      expect(red).toBeLessThan(30);
    },
  },
  {
    feature: 'Storyboard',
    input: '9 s of pictures',
    result: 'a picture every two seconds and an index of them',
    file: ({ make }) => make('mp4', [...testPicture(9), ...X264]),
    profile: { storyboard: true },
    async check({ text, job }) {
      const index = await text('storyboard.vtt');
      expect(index.match(/ --> /g)).toHaveLength(5);
      expect(index).toContain('storyboard-000.jpg#xywh=0,0,');
      expect(job.files.has('storyboard-000.jpg')).toBe(true);
    },
  },
  {
    feature: 'Quality',
    input: '`measure_quality: true`, CRF 18 and 40',
    result: 'SSIM and PSNR of each rendition, better for 18',
    file: ({ make }) => make('mp4', [...testPicture(3), ...X264, '-qp', '0']),
    profile: {
      measure_quality: true,
      renditions: [
        { height: 120, crf: 18 },
        { height: 120, crf: 40 },
      ],
      preset: 'veryfast',
    },
    async check({ job }) {
      const [sample] = job.quality;
      const [fine, coarse] = sample?.renditions ?? [];
      expect(fine?.ssim).toBeGreaterThan(0.97);
      expect(fine?.ssim ?? 0).toBeGreaterThan((coarse?.ssim ?? 1) + 0.01);
      expect(fine?.psnr ?? 0).toBeGreaterThan((coarse?.psnr ?? 100) + 3);
    },
  },
];
