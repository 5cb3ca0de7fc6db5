import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clip } from '../../testing/clips.ts';
import { encodeChunks, joinTrack, planChunks } from '../../testing/encode-chunks.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { SMALL_PROFILE } from '../../testing/run-job.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';

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

/** The rate of each encoder at which differences would show. */
const CRF = { h264: 28, hevc: 30, av1: 40, vp9: 40 } as const;

test.each(['h264', 'hevc', 'av1', 'vp9'] as const)(
  'no frame of %s looks worse in chunks than in one process',
  async (codec) => {
    const file = await clip('detailed');
    const profile = {
      ...SMALL_PROFILE,
      renditions: [{ height: 180, codec, crf: CRF[codec], max_bitrate_kbps: 2_000 }],
      preset: 'veryfast' as const,
    };
    const specs = await planChunks(storage, env, file, profile, 8);
    const [first] = specs;
    if (!first) throw new Error('no chunks');
    const all = specs.flatMap((spec) => spec.chunk.segmentFrames);
    const whole: EncodeVideoSpec = { ...first, chunk: { ...first.chunk, frames: null, segmentFrames: all } };

    const similarity = async (list: readonly EncodeVideoSpec[]) =>
      ssim(file, await joinTrack(storage, env, await encodeChunks(storage, env, list), '180p'));
    const chunked = await similarity(specs);
    const unchunked = await similarity([whole]);
    expect(specs.length).toBeGreaterThan(2);
    expect(chunked.length).toBe(unchunked.length);
    const loss = unchunked.map((value, i) => value - (chunked[i] ?? 0));
    expect(Math.max(...loss)).toBeLessThan(MAX_LOSS);
  },
);

/** Similarity of each frame to the source. */
async function ssim(reference: string, file: string): Promise<number[]> {
  const { stdout } = await execa('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-i', file, '-i', reference],
    ...['-lavfi', '[0:v]setpts=N[a];[1:v]setpts=N[b];[a][b]ssim=stats_file=-', '-f', 'null', '-'],
  ]);
  return [...stdout.matchAll(/All:([\d.]+)/g)].map((match) => Number(match[1]));
}
