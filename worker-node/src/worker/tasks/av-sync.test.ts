import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Profile } from '@millrace/shared/media/profile.ts';
import { BASE_SECONDS } from '@millrace/shared/media/timeline.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClipName, clip } from '../../testing/clips.ts';
import { lumaOfFrames, onsets } from '../../testing/decode.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { beepsOf } from '../../testing/hear.ts';
import { runJob, SMALL_PROFILE } from '../../testing/run-job.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';
import { writeTrack } from '../../testing/write-track.ts';

// White pictures and a beep, together, every two seconds from 0 to 12.

let storage: FakeStorage;
let env: TestTools;
beforeAll(async () => {
  storage = await startFakeStorage();
  env = await createTestTools();
});
afterAll(async () => {
  await env.close();
  await storage.close();
});

const MAX_OFFSET_SECONDS = 0.02;
const WHITE = 128;

const PROFILE: Profile = { ...SMALL_PROFILE, renditions: [{ height: 120, codec: 'h264', crf: 23 }] };
const OPUS: Profile = { ...PROFILE, audio_codec: 'opus' };
const TRIMMED = { start_seconds: 1.03, end_seconds: 10.5 };

test.each<[string, ClipName, Profile, { flashes: number; beeps: number }]>([
  ['AAC', 'flashes', PROFILE, { flashes: 7, beeps: 7 }],
  ['AAC at 44.1 kHz', 'flashes44k', PROFILE, { flashes: 7, beeps: 7 }],
  ['Opus', 'flashes44k', OPUS, { flashes: 7, beeps: 7 }],
  ['a transport stream', 'flashesTs', PROFILE, { flashes: 7, beeps: 7 }],
  ['a late start', 'flashesLate', PROFILE, { flashes: 7, beeps: 6 }],
  ['AAC, trimmed', 'flashes', { ...PROFILE, ...TRIMMED }, { flashes: 5, beeps: 5 }],
  ['Opus, trimmed', 'flashes', { ...OPUS, ...TRIMMED }, { flashes: 5, beeps: 5 }],
])('%s: flash and beep stay together in HLS and MP4', async (name, source, profile, expected) => {
  const job = await runJob(storage, env, await clip(source), profile);
  const path = (what: string) => join(env.scratch, `${name.replaceAll(/\W+/g, '-')}-${what}.mp4`);
  await writeTrack(storage, job, '120p', path('video'));
  await writeTrack(storage, job, 'audio-0', path('audio'));
  await writeFile(path('whole'), storage.objects.get(job.mp4[0]?.key ?? '') ?? '');

  await expectTogether(path('video'), path('audio'), BASE_SECONDS, expected);
  await expectTogether(path('whole'), path('whole'), 0, expected);
});

async function expectTogether(
  video: string,
  audio: string,
  base: number,
  expected: { flashes: number; beeps: number },
): Promise<void> {
  const flashes = onsets(await lumaOfFrames(video), WHITE).map((seconds) => seconds - base);
  const beeps = (await beepsOf(audio)).map((seconds) => seconds - base);
  expect(flashes.length).toBe(expected.flashes);
  expect(beeps.length).toBe(expected.beeps);
  const apart = flashes.slice(-beeps.length).map((flash, i) => Math.abs(flash - (beeps[i] ?? 1e9)));
  expect(Math.max(...apart)).toBeLessThan(MAX_OFFSET_SECONDS);
}
