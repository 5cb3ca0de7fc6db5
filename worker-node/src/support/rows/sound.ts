import { execa } from 'execa';
import { expect } from 'vitest';
import type { SupportRow } from '../support-row.ts';
import { AAC, testPicture, tone, X264 } from '../workshop.ts';

const NO_PICTURES = { packaging: ['hls' as const, 'mp4' as const] };

/** dB of a tone in one channel of a file. */
async function levelOf(file: string, channel: number, hertz: number): Promise<number> {
  const filter = `pan=mono|c0=c${channel},bandpass=f=${hertz}:width_type=h:w=20,volumedetect`;
  const { stderr } = await execa('ffmpeg', [
    '-nostdin',
    '-hide_banner',
    '-i',
    file,
    '-map',
    '0:a:0',
    '-af',
    filter,
    '-f',
    'null',
    '-',
  ]);
  return Number(/mean_volume: (-?[\d.]+) dB/.exec(stderr)?.[1] ?? Number.NaN);
}

export const soundRows: SupportRow[] = [
  {
    feature: 'Languages',
    input: 'English and German tracks, German by default',
    result: 'both, German first, named in the MP4',
    file: ({ make }) =>
      make('mkv', [
        ...[
          ...testPicture(2),
          ...tone(2, 440),
          ...tone(2, 880),
          '-map',
          '0:v',
          '-map',
          '1:a',
          '-map',
          '2:a',
          ...X264,
          ...AAC,
        ],
        ...[
          '-metadata:s:a:0',
          'language=eng',
          '-metadata:s:a:1',
          'language=ger',
          '-metadata:s:a:1',
          'title=Deutsch',
        ],
        ...['-disposition:a:0', '0', '-disposition:a:1', 'default'],
      ]),
    async check({ job, file, streams }) {
      expect(job.plan.audio.map(({ language }) => language)).toEqual(['ger', 'eng']);
      const found = (await streams(await file('120p.mp4'))).filter((s) => s.codec_type === 'audio');
      expect(found.map(({ tags }) => tags.language)).toEqual(['deu', 'eng']);
    },
  },
  {
    feature: '5.1 kept',
    input: 'a tone of another pitch in each of six channels, `surround: true`',
    result: 'stereo, and 5.1 with every tone in its channel',
    file: ({ make }) => make('mkv', [...testPicture(2), ...tone(2, 300, '5.1'), ...X264, '-c:a', 'flac']),
    profile: { surround: true },
    async check({ job, track }) {
      expect(job.plan.audio.map(({ channels }) => channels)).toEqual([2, 6]);
      const file = await track('audio-0-surround');
      // The fourth, for low frequencies, is filtered by the encoder.
      for (const channel of [0, 1, 2, 4, 5]) {
        const own = await levelOf(file, channel, 300 * (channel + 1));
        const others = await levelOf(file, channel, 300 * (((channel + 1) % 6) + 1));
        expect(own - others, `channel ${channel}`).toBeGreaterThan(20);
      }
    },
  },
  {
    feature: 'Mono',
    input: 'one channel',
    result: 'one channel',
    file: ({ make }) => make('mp4', [...testPicture(1), ...tone(1), ...X264, ...AAC]),
    async check({ file, streams }) {
      expect((await streams(await file('120p.mp4')))[1]?.channels).toBe(1);
    },
  },
  {
    feature: 'Loudness',
    input: 'sound of about −31 LUFS, `normalize_loudness: true`',
    result: '−16 LUFS ± 0.5',
    file: ({ make }) =>
      make('mkv', [
        ...testPicture(6),
        '-f',
        'lavfi',
        '-i',
        'anoisesrc=d=6:c=pink:r=48000:a=0.1:seed=7',
        ...X264,
        '-c:a',
        'flac',
      ]),
    profile: { normalize_loudness: true },
    async check({ file, loudness }) {
      expect(Math.abs((await loudness(await file('120p.mp4'))) + 16)).toBeLessThanOrEqual(0.5);
    },
  },
  {
    feature: 'Sound alone',
    input: 'MP3 with a cover',
    result: 'HLS of sound and an M4A',
    async file({ make }) {
      const cover = await make('jpg', ['-f', 'lavfi', '-i', 'color=red:size=64x64', '-frames:v', '1']);
      return make('mp3', [
        ...tone(4, 440, 'stereo'),
        '-i',
        cover,
        '-map',
        '0:a',
        '-map',
        '1:v',
        '-c:a',
        'libmp3lame',
        '-c:v',
        'copy',
        '-disposition:v',
        'attached_pic',
      ]);
    },
    profile: NO_PICTURES,
    async check({ job, file, streams }) {
      expect(job.plan.renditions).toEqual([]);
      expect(job.tracks.get('audio-0')?.segments.size).toBeGreaterThan(1);
      const found = await streams(await file('audio-0.m4a'));
      expect(found.map(({ codec_name }) => codec_name)).toEqual(['aac']);
      expect(Math.abs((found[0]?.duration ?? 0) - 4)).toBeLessThan(0.06);
    },
  },
  ...(['wav', 'flac', 'm4a', 'ogg'] as const).map(
    (extension): SupportRow => ({
      feature: 'Sound alone',
      input: { wav: 'WAV, 24-bit PCM', flac: 'FLAC', m4a: 'M4A', ogg: 'Ogg, Opus' }[extension],
      result: 'HLS of sound and an M4A',
      file: ({ make }) =>
        make(extension, [
          ...tone(3, 440, 'stereo'),
          '-c:a',
          { wav: 'pcm_s24le', flac: 'flac', m4a: 'aac', ogg: 'libopus' }[extension],
        ]),
      async check({ file, streams }) {
        const [sound] = await streams(await file('audio-0.m4a'));
        expect(Math.abs((sound?.duration ?? 0) - 3)).toBeLessThan(0.06);
      },
    }),
  ),
  {
    feature: 'The sound of a film',
    input: 'a film, profile without renditions',
    result: 'an M4A and no pictures',
    file: ({ make }) => make('mp4', [...testPicture(2), ...tone(2), ...X264, ...AAC]),
    profile: { renditions: [] },
    async check({ job, file, streams }) {
      expect(job.video).toEqual([]);
      expect((await streams(await file('audio-0.m4a'))).map((s) => s.codec_type)).toEqual(['audio']);
    },
  },
  {
    feature: 'No sound',
    input: 'a silent film',
    result: 'pictures alone',
    file: ({ make }) => make('mp4', [...testPicture(1), ...X264]),
    async check({ file, streams }) {
      expect((await streams(await file('120p.mp4'))).map((s) => s.codec_type)).toEqual(['video']);
    },
  },
];
