import { expect } from 'vitest';
import type { Outcome } from '../outcome.ts';
import type { SupportRow } from '../support-row.ts';
import { AAC, testPicture, tone, type Workshop, X264 } from '../workshop.ts';

const film = ({ make }: Workshop) =>
  make('mp4', [...testPicture(5, '30000/1001'), ...tone(5), ...X264, ...AAC]);

/** The track holds the frames of the source, says what it is, and so does the MP4. */
function holds(codecs: RegExp, name: string, tag: string) {
  return async ({ job, track, file, streams, frames }: Outcome) => {
    expect(job.tracks.get('120p')?.init.codecs).toMatch(codecs);
    expect(await frames(await track('120p'))).toBe(150);
    const mp4 = await file('120p.mp4');
    const [video] = await streams(mp4);
    expect(video).toMatchObject({ codec_name: name, codec_tag_string: tag });
    expect(await frames(mp4)).toBe(150);
  };
}

export const codecRows: SupportRow[] = [
  {
    feature: 'H.264',
    input: '5 s at 30000/1001',
    result: '150 frames in CMAF and MP4, `avc1`',
    file: film,
    check: holds(/^avc1\.[0-9a-f]{6}$/, 'h264', 'avc1'),
  },
  {
    feature: 'HEVC',
    input: '5 s at 30000/1001',
    result: '150 frames in CMAF and MP4, `hvc1`',
    file: film,
    profile: { renditions: [{ height: 120, codec: 'hevc' }] },
    check: holds(/^hvc1\.1\./, 'hevc', 'hvc1'),
  },
  {
    feature: 'AV1',
    input: '5 s at 30000/1001',
    result: '150 frames in CMAF and MP4, `av01`',
    file: film,
    profile: { renditions: [{ height: 120, codec: 'av1' }] },
    check: holds(/^av01\.0\./, 'av1', 'av01'),
  },
  {
    feature: 'VP9',
    input: '5 s at 30000/1001',
    result: '150 frames in CMAF and MP4, `vp09`',
    file: film,
    profile: { renditions: [{ height: 120, codec: 'vp9' }] },
    check: holds(/^vp09\.00\./, 'vp9', 'vp09'),
  },
  {
    feature: 'Two codecs at once',
    input: 'H.264 and AV1 of one height asked for',
    result: 'two ladders on one grid: equal segments, `120p` and `120p-av1`',
    file: film,
    profile: { renditions: [{ height: 120 }, { height: 120, codec: 'av1' }] },
    async check({ job }) {
      const lengths = (track: string) =>
        [...(job.tracks.get(track)?.segments ?? [])].map(([n, s]) => [n, s.length]);
      expect(job.tracks.get('120p-av1')?.init.codecs).toMatch(/^av01\./);
      expect(lengths('120p-av1')).toEqual(lengths('120p'));
      expect(lengths('120p').length).toBeGreaterThan(1);
    },
  },
  {
    feature: 'AAC and Opus',
    input: 'Opus asked for',
    result: '`opus` at 48 kHz in CMAF and MP4',
    file: film,
    profile: { audio_codec: 'opus' },
    async check({ job, file, streams }) {
      expect(job.tracks.get('audio-0')?.init.codecs.toLowerCase()).toBe('opus');
      const [, sound] = await streams(await file('120p.mp4'));
      expect(sound).toMatchObject({ codec_name: 'opus', sample_rate: '48000' });
      expect(Math.abs((sound?.duration ?? 0) - 5)).toBeLessThan(0.05);
    },
  },
  {
    feature: 'Bitrate in place of a rate factor',
    input: '`bitrate_kbps: 300` for 10 s of test picture',
    result: 'within 20 % of it',
    file: ({ make }) => make('mp4', [...testPicture(10, '25', '320x240'), ...X264]),
    profile: { renditions: [{ height: 240, bitrate_kbps: 300 }], preset: 'veryfast' },
    async check({ job }) {
      const bytes = [...(job.tracks.get('240p')?.segments.values() ?? [])].reduce(
        (sum, s) => sum + s.sizeBytes,
        0,
      );
      const kbps = (bytes * 8) / 10_000;
      expect(kbps).toBeGreaterThan(240);
      expect(kbps).toBeLessThan(360);
    },
  },
  {
    feature: '`max_frame_rate`',
    input: '50 fps, one rung capped at 30',
    result: 'that rung has 25 fps and segments as long as the others',
    file: ({ make }) => make('mp4', [...testPicture(5, '50'), ...X264]),
    profile: { renditions: [{ height: 120 }, { height: 64, max_frame_rate: 30 }] },
    async check({ job, track, frames }) {
      expect(await frames(await track('120p'))).toBe(250);
      expect(await frames(await track('64p'))).toBe(125);
      const numbers = (name: string) => [...(job.tracks.get(name)?.segments.keys() ?? [])];
      expect(numbers('64p')).toEqual(numbers('120p'));
    },
  },
];
