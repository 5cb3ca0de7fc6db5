import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { Outcome } from '../outcome.ts';
import type { SupportRow } from '../support-row.ts';
import { AAC, testPicture, tone, X264 } from '../workshop.ts';

const TWO_MONOS = [...tone(2, 440), ...tone(2, 880), '-map', '0:v', '-map', '1:a', '-map', '2:a'];
const PCM24 = ['-c:a', 'pcm_s24le'];

/** All frames are there, and the sound is one stereo track. */
function framesAndStereo(count: number) {
  return async ({ job, track, frames, file, streams }: Outcome) => {
    expect(await frames(await track('120p'))).toBe(count);
    expect(job.plan.audio.map(({ channels }) => channels)).toEqual([2]);
    const [, sound] = await streams(await file('120p.mp4'));
    expect(sound).toMatchObject({ codec_name: 'aac', channels: 2 });
  };
}

export const editorRows: SupportRow[] = [
  {
    feature: 'ProRes',
    input: 'ProRes 422 HQ in MOV, two mono tracks of 24-bit PCM',
    result: 'all frames; the mono tracks as a stereo pair',
    file: ({ make }) =>
      make('mov', [...testPicture(2), ...TWO_MONOS, '-c:v', 'prores_ks', '-profile:v', '3', ...PCM24]),
    check: framesAndStereo(50),
  },
  {
    feature: 'ProRes with transparency',
    input: 'ProRes 4444, half transparent white, `background: "#000000"`',
    result: 'grey',
    file: ({ make }) =>
      make('mov', [
        '-f',
        'lavfi',
        '-i',
        'color=white@0.5:size=160x120:rate=25:duration=1,format=yuva444p10le',
        '-c:v',
        'prores_ks',
        '-profile:v',
        '4',
        '-alpha_bits',
        '16',
      ]),
    async check({ file, rgb }) {
      for (const value of await rgb(await file('120p.mp4'), 0.5))
        expect(Math.abs(value - 128)).toBeLessThanOrEqual(6);
    },
  },
  {
    feature: 'DNxHR in MXF',
    input: 'DNxHR SQ in MXF OP1a, stereo 24-bit PCM',
    result: 'all frames and the sound',
    file: ({ make }) =>
      make('mxf', [
        ...testPicture(2, '25', '256x144'),
        ...tone(2, 440, 'stereo'),
        '-c:v',
        'dnxhd',
        '-profile:v',
        'dnxhr_sq',
        '-pix_fmt',
        'yuv422p',
        ...PCM24,
      ]),
    check: framesAndStereo(50),
  },
  {
    feature: 'DNxHD in MOV',
    input: 'DNxHD 36 of 1080p25, silent',
    result: 'all frames',
    file: ({ make }) =>
      make('mov', [
        ...testPicture(0.4, '25', '1920x1080'),
        '-c:v',
        'dnxhd',
        '-b:v',
        '36M',
        '-pix_fmt',
        'yuv422p',
      ]),
    async check({ track, frames }) {
      expect(await frames(await track('120p'))).toBe(10);
    },
  },
  {
    feature: 'Broadcast',
    input: 'MPEG-TS with H.264 and AC-3 5.1',
    result: 'all frames; stereo',
    file: ({ make }) =>
      make('ts', [...testPicture(3), ...tone(3, 220, '5.1'), ...X264, '-c:a', 'ac3', '-b:a', '384k']),
    check: framesAndStereo(75),
  },
  {
    feature: 'Phones',
    input: 'HEVC held upright (rotated by 90°), with a place in its metadata',
    result: 'upright pictures; the place is not in what is published',
    async file({ make }) {
      const lying = await make('mp4', [
        ...testPicture(2, '30', '240x160'),
        ...tone(2),
        '-c:v',
        'libx265',
        '-preset',
        'ultrafast',
        '-x265-params',
        'log-level=none',
        '-tag:v',
        'hvc1',
        ...AAC,
      ]);
      return make('mov', [
        '-i',
        lying,
        '-c',
        'copy',
        '-metadata',
        'location=+48.2082+016.3738/',
        '-metadata:s:v',
        'rotate=90',
      ]);
    },
    async check({ file, streams, job }) {
      expect(job.mediaInfo.video?.rotation).not.toBe(0);
      const mp4 = await file('120p.mp4');
      const [video] = await streams(mp4);
      expect(video).toMatchObject({ width: 120, height: 180 });
      expect((await readFile(mp4)).includes('+48.2082')).toBe(false);
    },
  },
  {
    feature: 'Browsers',
    input: 'WebM of MediaRecorder: VP8 and Opus, no duration, no index',
    result: 'all frames and the sound',
    file: ({ make }) =>
      make('webm', [
        ...testPicture(3, '30'),
        ...tone(3, 440, 'stereo'),
        '-c:v',
        'libvpx',
        '-deadline',
        'realtime',
        '-cpu-used',
        '8',
        '-c:a',
        'libopus',
        '-live',
        '1',
      ]),
    check: framesAndStereo(90),
  },
  {
    feature: 'Screen recorders',
    input: 'H.264 4:4:4 in Matroska, variable rate',
    result: '4:2:0 at a constant rate, as long as before',
    file: ({ make }) =>
      make('mkv', [
        ...testPicture(4, '30'),
        '-vf',
        "select='not(mod(n,7))+between(n,30,60)'",
        '-vsync',
        'vfr',
        ...X264,
        '-pix_fmt',
        'yuv444p',
      ]),
    async check({ job, track, frames, streams }) {
      const video = await track('120p');
      const { num, den } = job.plan.frameRate;
      expect(Math.abs(((await frames(video)) * den) / num - 4)).toBeLessThan(0.3);
      expect((await streams(video))[0]?.pix_fmt).toBe('yuv420p');
    },
  },
];
