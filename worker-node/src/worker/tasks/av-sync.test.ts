import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BASE_SECONDS } from '@millrace/shared/media/timeline.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClipName, clip } from '../../testing/clips.ts';
import { lumaOfFrames, onsets, peaksOfSound } from '../../testing/decode.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
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
const BEEP_DB = -20;
const WHITE = 128;

const CLIPS: [ClipName, { beeps: number }][] = [
  ['flashes', { beeps: 7 }],
  ['flashes44k', { beeps: 7 }],
  ['flashesTs', { beeps: 7 }],
  ['flashesLate', { beeps: 6 }],
];

test.each(CLIPS)('%s: flash and beep stay together in HLS and MP4', async (name, expected) => {
  const profile = { ...SMALL_PROFILE, renditions: [{ height: 120, crf: 23 }] };
  const job = await runJob(storage, env, await clip(name), profile);
  const path = (what: string) => join(env.scratch, `${name}-${what}.mp4`);
  await writeTrack(storage, job, '120p', path('video'));
  await writeTrack(storage, job, 'audio-0', path('audio'));
  await writeFile(path('whole'), storage.objects.get(job.mp4[0]?.key ?? '') ?? '');

  await expectTogether(path('video'), path('audio'), BASE_SECONDS, expected.beeps);
  await expectTogether(path('whole'), path('whole'), 0, expected.beeps);
});

async function expectTogether(video: string, audio: string, base: number, beepCount: number): Promise<void> {
  const flashes = onsets(await lumaOfFrames(video), WHITE).map((seconds) => seconds - base);
  const beeps = onsets(mergeSilences(await peaksOfSound(audio)), BEEP_DB).map((seconds) => seconds - base);
  expect(flashes.length).toBe(7);
  expect(beeps.length).toBe(beepCount);
  const together = flashes.slice(-beepCount).map((flash, i) => Math.abs(flash - (beeps[i] ?? 1e9)));
  expect(Math.max(...together)).toBeLessThan(MAX_OFFSET_SECONDS);
}

/** A wave passes zero, and coding rings: a beep lasts until it has been quiet for 30 ms. */
function mergeSilences(peaks: { seconds: number; value: number }[]) {
  const windows = 30;
  return peaks.map((peak, i) => {
    const recent = peaks.slice(Math.max(0, i - windows), i + 1).map(({ value }) => value);
    return {
      seconds: peak.seconds,
      value: Math.max(...recent.filter((value) => Number.isFinite(value)), -999),
    };
  });
}
