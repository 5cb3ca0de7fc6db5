import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { resolveProfile } from '@millrace/shared/media/profile.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { runJob } from '../../testing/run-job.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';

// Ten minutes as cameras and ffmpeg write them: the index in front, pictures and sound interleaved.

const PROFILE = {
  ...resolveProfile('preview'),
  renditions: [{ height: 64, codec: 'h264' as const, crf: 40 }],
  audio_codec: 'aac' as const,
};

let film: string;
let sizeBytes: number;
let storage: FakeStorage;
const workers: TestTools[] = [];
beforeAll(async () => {
  storage = await startFakeStorage();
  for (let i = 0; i < 2; i += 1) workers.push(await createTestTools());
  film = join(await mkdtemp(join(tmpdir(), 'millrace-film-')), 'film.mp4');
  await execa('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'color=gray:size=160x90:rate=10:duration=600'],
    ...['-f', 'lavfi', '-i', 'sine=duration=600:sample_rate=16000', '-vf', 'noise=alls=70:allf=t'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '22', '-g', '20', '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', '-b:a', '24k', '-movflags', '+faststart', film],
  ]);
  sizeBytes = (await stat(film)).size;
}, 300_000);
afterAll(async () => {
  for (const worker of workers) await worker.close();
  await rm(dirname(film), { recursive: true, force: true });
  await storage.close();
});

/** Bytes of the source that a whole job read, as a share of it. */
async function shareRead(workerOf: (taskIndex: number) => number): Promise<number> {
  const earlier = storage.requests.length;
  const [first] = workers;
  if (!first) throw new Error('no workers');
  await runJob(storage, first, film, PROFILE, [], (i) => workers[workerOf(i)] ?? first);
  const lengths = storage.requests.slice(earlier).map((request) => {
    const [, from, to] = /^GET uploads\/\S+ bytes=(\d+)-(\d+)$/.exec(request) ?? [];
    return from === undefined ? 0 : Number(to) - Number(from) + 1;
  });
  return lengths.reduce((sum, length) => sum + length, 0) / sizeBytes;
}

test('one worker reads it once', async () => {
  expect(sizeBytes).toBeGreaterThan(20_000_000);
  expect(await shareRead(() => 0)).toBeLessThanOrEqual(1.15);
}, 300_000);

test('two workers that share nothing and take the tasks in turn read it one and a half times', async () => {
  expect(await shareRead((i) => i % 2)).toBeLessThanOrEqual(1.6);
}, 300_000);
