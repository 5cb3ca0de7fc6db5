import { toNumber } from '@millrace/shared/media/fraction.ts';
import { planJob } from '@millrace/shared/media/plan.ts';
import type { Rung } from '@millrace/shared/media/profile.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClipName, clip } from '../testing/clips.ts';
import { type FakeStorage, startFakeStorage } from '../testing/fake-storage.ts';
import { frameHashArgv } from '../testing/frame-hash.ts';
import { analyzeFile, SMALL_PROFILE } from '../testing/run-job.ts';
import { sharedClips } from '../testing/shared-clips.ts';
import { createTestTools, type TestTools } from '../testing/test-tools.ts';
import { pictureFilter } from './argv/video-filter.ts';
import { runFfmpeg } from './run-ffmpeg.ts';

// Right counts do not prove right frames: every frame is hashed just before the encoder would get it.

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

const made: ClipName[] = [
  ...(['ntsc', 'film', 'variable', 'variableMatroska', 'portrait', 'rotated', 'oddSize', 'wide'] as const),
  ...([
    'editList',
    'transportStream',
    'matroska',
    'liveMatroska',
    'fragmented',
    'flash',
    'webm',
    'avi',
  ] as const),
  ...(['programStream', 'ogg', 'oneFrame', 'short', 'lateAudio', 'lateVideo', 'longAudio', 'sixty'] as const),
  ...(['hundredTwenty', 'tenBit', 'coverArt'] as const),
];
const RUNG: Rung = { height: 64, codec: 'h264', crf: 23 };
const real = [...sharedClips()].filter(([name]) => !/^(?:ac3|multiple-aac)/.test(name));

describe('the frames of all chunks together are the frames of one pass', () => {
  test.each(made)('%s', async (name) => {
    await expectSameFrames(await clip(name));
  });
  test.each(real)('%s', async (_name, file) => {
    await expectSameFrames(file);
  });
});

test.each(['ntsc', 'film', 'sixty', 'tenBit'] as const)(
  'at a constant rate every frame of %s comes out once',
  async (name) => {
    const file = await clip(name);
    const { hashes, spec } = await hashChunks(file);
    const plain = await execa('ffmpeg', [
      ...['-v', 'error', '-i', file, '-map', '0:v'],
      ...['-vf', pictureFilter(spec, { width: 86, height: 64 }), '-f', 'framemd5', '-'],
    ]);
    expect(hashes.flat()).toEqual(readHashes(plain.stdout));
  },
);

describe('a rendition of every second frame', () => {
  test.each(['ntsc', 'variable', 'editList', 'sixty'] as const)(
    'of %s has every second frame of one pass, whatever the chunks',
    async (name) => {
      const file = await clip(name);
      const all = await hashChunks(file);
      const rate = toNumber(all.spec.frameRate);
      const half = await hashChunks(file, { ...RUNG, max_frame_rate: rate / 2 });
      expect(half.spec.renditions[0]?.frameStep).toBe(2);
      expect(half.hashes.length).toBe(all.hashes.length);
      expect(half.hashes.flat()).toEqual(half.whole);
      expect(half.whole).toEqual(all.whole.filter((_, i) => i % 2 === 0));
    },
  );
});

async function expectSameFrames(file: string): Promise<void> {
  const { hashes, whole, spec } = await hashChunks(file);
  expect(hashes.flat()).toEqual(whole);
  expect(whole.length).toBeGreaterThan(0);
  const planned = spec.chunk.segmentFrames.reduce((sum, frames) => sum + frames, spec.chunk.startFrame);
  expect(Math.abs(whole.length - planned)).toBeLessThanOrEqual(1);
}

/** Hashes of each chunk and of one pass, and the last chunk's specification. */
async function hashChunks(file: string, rung: Rung = RUNG) {
  const mediaInfo = await analyzeFile(storage, env, file);
  const profile = { ...SMALL_PROFILE, renditions: [rung] };
  const outcome = planJob({ mediaInfo, profile, fleet: { slots: 8 }, sidecars: [] });
  if (!outcome.planned) throw new Error(outcome.message);
  const specs = outcome.tasks.flatMap(({ spec }) => (spec.kind === 'encode-video' ? [spec] : []));
  const [last] = specs.slice(-1);
  if (!last) throw new Error('no chunks');
  const key = mediaInfo.source.key;
  const { signal } = new AbortController();
  const open = env.tools.sourceReader.open(mediaInfo.source, {
    sign: async () => storage.get(key),
    signal,
    onFetched: () => {},
  });
  try {
    const hashes: string[][] = [];
    for (const spec of specs) hashes.push(await hash(spec, open.url, spec.chunk));
    const whole =
      specs.length > 1 ? await hash(last, open.url, { startFrame: 0, frames: null }) : hashes.flat();
    return { hashes, whole, spec: last };
  } finally {
    open.close();
  }
}

async function hash(
  spec: EncodeVideoSpec,
  url: string,
  range: { startFrame: number; frames: number | null },
): Promise<string[]> {
  const pieces: Buffer[] = [];
  const end = await runFfmpeg(env.tools, {
    argv: frameHashArgv(spec, url, range),
    cwd: env.scratch,
    signal: new AbortController().signal,
    outputs: [(bytes) => void pieces.push(bytes)],
  });
  expect(end.exitCode).toBe(0);
  return readHashes(Buffer.concat(pieces).toString());
}

function readHashes(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => line.split(',').at(-1)?.trim() ?? '');
}

test('a plan of several chunks is what is tested', async () => {
  expect((await hashChunks(await clip('ntsc'))).hashes.length).toBeGreaterThan(2);
});
