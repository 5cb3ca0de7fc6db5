import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planJob } from '@millrace/shared/media/plan.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clip } from '../../testing/clips.ts';
import { fakeAttempt } from '../../testing/fake-attempt.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { analyzeFile, SMALL_PROFILE } from '../../testing/run-job.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';
import { encodeVideo } from './encode-video.ts';

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

const MAX_LOSS = 0.01;

test('no frame of the chunked encode looks worse than in one process', async () => {
  const file = await clip('detailed');
  const mediaInfo = await analyzeFile(storage, env, file);
  const profile = {
    ...SMALL_PROFILE,
    renditions: [{ height: 180, crf: 28, max_bitrate_kbps: 2_000 }],
    preset: 'veryfast' as const,
  };
  const outcome = planJob(mediaInfo, profile, { slots: 8 });
  if (!outcome.planned) throw new Error(outcome.message);
  const specs = outcome.tasks.flatMap(({ spec }) => (spec.kind === 'encode-video' ? [spec] : []));
  const [first] = specs;
  if (!first) throw new Error('no chunks');
  const all = specs.flatMap((spec) => spec.chunk.segmentFrames);
  const whole: EncodeVideoSpec = { ...first, chunk: { ...first.chunk, frames: null, segmentFrames: all } };

  const chunked = await ssim(file, await encodeAll(specs, 'chunked'));
  const unchunked = await ssim(file, await encodeAll([whole], 'whole'));
  expect(specs.length).toBeGreaterThan(2);
  expect(chunked.length).toBe(unchunked.length);
  const loss = unchunked.map((value, i) => value - (chunked[i] ?? 0));
  expect(Math.max(...loss)).toBeLessThan(MAX_LOSS);
});

async function encodeAll(specs: readonly EncodeVideoSpec[], name: string): Promise<string> {
  const pieces: Buffer[] = [];
  for (const [i, spec] of specs.entries()) {
    const inputs = new Map([['source', spec.source.key]]);
    const attempt = await fakeAttempt(storage, env.scratch, spec, { taskId: `${name}-${i}`, inputs });
    await encodeVideo(attempt.ctx, env.tools);
    const names = [...(i === 0 ? attempt.inits : []), ...attempt.segments].map((object) => object.name);
    pieces.push(...names.map((object) => storage.objects.get(attempt.key(object)) ?? Buffer.alloc(0)));
  }
  const file = join(env.scratch, `${name}.mp4`);
  await writeFile(file, Buffer.concat(pieces));
  return file;
}

/** Similarity of each frame to the source. */
async function ssim(reference: string, file: string): Promise<number[]> {
  const { stdout } = await execa('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-i', file, '-i', reference],
    ...['-lavfi', '[0:v]setpts=N[a];[1:v]setpts=N[b];[a][b]ssim=stats_file=-', '-f', 'null', '-'],
  ]);
  return [...stdout.matchAll(/All:([\d.]+)/g)].map((match) => Number(match[1]));
}
