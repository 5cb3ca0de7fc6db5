import { createHash } from 'node:crypto';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawPictures, planPictures } from '../testing/drawn-pictures.ts';
import { type FakeStorage, startFakeStorage } from '../testing/fake-storage.ts';
import { makeInterlaced } from '../testing/interlaced-clips.ts';
import { SMALL_PROFILE } from '../testing/run-job.ts';
import { createTestTools, type TestTools } from '../testing/test-tools.ts';
import type { FrameRange } from './argv/video-input.ts';

// A missing field is drawn from the frames around it, and these may lie in another chunk.

let storage: FakeStorage;
let env: TestTools;
beforeAll(async () => {
  storage = await startFakeStorage();
  env = await createTestTools({ blockBytes: 64 * 1024 });
});
afterAll(async () => {
  await env.close();
  await storage.close();
});

describe.each(['field', 'frame'] as const)('%s: chunks draw the same frames as one pass', (deinterlace) => {
  test.each(['mpeg2Top', 'mpeg2Bottom', 'mbaff', 'mbaffStream', 'prores', 'wholeFrames'] as const)(
    '%s',
    async (name) => {
      const file = await makeInterlaced(name, env.scratch);
      await expectSame(file, { deinterlace });
    },
  );
  test('trimmed to begin with the second field of a frame', async () => {
    const file = await makeInterlaced('mbaff', env.scratch);
    await expectSame(file, { deinterlace, start_seconds: 1.02, end_seconds: 6.5 });
  });
});

async function expectSame(
  file: string,
  asked: { deinterlace: 'field' | 'frame'; start_seconds?: number; end_seconds?: number },
): Promise<void> {
  const profile = { ...SMALL_PROFILE, ...asked, renditions: [{ height: 64, codec: 'h264' as const }] };
  const { specs, url } = await planPictures(storage, env, file, profile);
  const [first] = specs;
  if (!first) throw new Error('no chunks');
  const frames = specs.at(-1)?.chunk.frames ?? null;
  const end = frames === null ? null : (specs.at(-1)?.chunk.startFrame ?? 0) + frames;
  const whole = await hashes(first, url, { startFrame: 0, frames: end });
  const inChunks: string[] = [];
  for (const spec of specs) inChunks.push(...(await hashes(spec, url, spec.chunk)));
  expect(inChunks).toEqual(whole);
  expect(specs.length).toBeGreaterThan(1);
  // And where a chunk would begin on every frame of the source around a keyframe.
  for (const startFrame of [23, 24, 25, 49, 50, 51]) {
    expect(await hashes(first, url, { startFrame, frames: 3 })).toEqual(
      whole.slice(startFrame, startFrame + 3),
    );
  }
}

async function hashes(spec: EncodeVideoSpec, url: string, range: FrameRange): Promise<string[]> {
  const [drawn = Buffer.alloc(0)] = await drawPictures(spec, url, range);
  const { width, height } = spec.renditions[0] ?? { width: 0, height: 0 };
  const bytes = (width * height * 3) / 2;
  return Array.from({ length: drawn.length / bytes }, (_, i) =>
    createHash('md5')
      .update(drawn.subarray(i * bytes, (i + 1) * bytes))
      .digest('hex'),
  );
}
