import { expect, test } from 'vitest';
import { profileInput, profileName, profileObject, resolveProfile } from './profile.ts';

test('every name stands for a profile that a client could have spelled out', () => {
  for (const name of profileName.options) {
    const profile = resolveProfile(name);
    expect(profileObject.parse(profile)).toEqual(profile);
  }
});

test('the default makes what the older designs made, and more', () => {
  const { renditions, packaging } = resolveProfile('default');
  expect(renditions.map(({ height, codec }) => `${height} ${codec}`)).toEqual([
    '1080 h264',
    '720 h264',
    '480 h264',
  ]);
  expect(packaging).toEqual(['hls', 'dash', 'mp4']);
});

test('audio-only asks for no pictures, preview for one small rendition', () => {
  expect(resolveProfile('audio-only').renditions).toEqual([]);
  expect(resolveProfile('preview').renditions).toHaveLength(1);
});

const rung = { height: 720 };

test.each<[string, Record<string, unknown>, string]>([
  ['a rate factor and a bitrate', { renditions: [{ ...rung, crf: 20, bitrate_kbps: 900 }] }, 'bitrate_kbps'],
  ['crf 60 of H.264', { renditions: [{ ...rung, crf: 60 }] }, 'crf'],
  [
    'a cap below the average',
    { renditions: [{ ...rung, bitrate_kbps: 900, max_bitrate_kbps: 500 }] },
    'max_bitrate_kbps',
  ],
  ['the same rung twice', { renditions: [rung, rung] }, 'renditions'],
  ['an end before the start', { renditions: [rung], start_seconds: 5, end_seconds: 5 }, 'end_seconds'],
  ['neither pictures nor sound', { renditions: [], audio_tracks: 'none' }, 'renditions'],
  ['an unknown codec', { renditions: [{ ...rung, codec: 'mpeg2' }] }, 'codec'],
  ['a colour by name', { renditions: [rung], background: 'red' }, 'background'],
  ['an unknown field', { renditions: [rung], ffmpeg_args: '-vf evil' }, ''],
])('%s is refused', (_, profile, field) => {
  const outcome = profileObject.safeParse(profile);
  expect(outcome.success).toBe(false);
  expect(outcome.error?.issues.flatMap((issue) => issue.path.map(String)).join('.')).toContain(field);
});

test.each([
  { codec: 'av1', crf: 60 },
  { codec: 'vp9', crf: 63 },
  { bitrate_kbps: 900, max_bitrate_kbps: 900 },
])('%j is fine', (fields) => {
  expect(profileInput.safeParse({ renditions: [{ ...rung, ...fields }] }).success).toBe(true);
});
