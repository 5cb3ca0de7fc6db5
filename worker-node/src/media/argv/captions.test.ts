import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CaptionedOptions, makeCaptioned, readCaptions } from '../../testing/captioned-clip.ts';
import { planPictures } from '../../testing/drawn-pictures.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { SMALL_PROFILE } from '../../testing/run-job.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';
import { QUIET } from './input.ts';
import { ladderGraph } from './video-filter.ts';
import { videoInput } from './video-input.ts';

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

const TEXT = 'MY DOG WALKS 300 MILES';

/** Encodes all chunks as one H.264 stream and reads what they say. */
async function saidAfter(file: string, frameRate?: EncodeVideoSpec['frameRate']): Promise<string> {
  const profile = { ...SMALL_PROFILE, renditions: [{ height: 64, codec: 'h264' as const }] };
  const { specs, url } = await planPictures(storage, env, file, profile);
  const pieces: Buffer[] = [];
  for (const planned of specs) {
    const spec = { ...planned, ...(frameRate ? { frameRate } : {}) };
    spec.video = { ...spec.video, closedCaptions: true };
    const { startFrame, frames } = spec.chunk;
    const { stdout } = await execa(
      'ffmpeg',
      [
        ...[
          ...QUIET.filter((word) => word !== '-progress' && word !== 'pipe:1'),
          ...videoInput(spec, url, startFrame),
        ],
        ...['-filter_complex', ladderGraph(spec, startFrame), '-map', '[v0]'],
        ...(frames === null ? [] : ['-frames:v', String(frames)]),
        ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-f', 'h264', 'pipe:1'],
      ],
      { encoding: 'buffer' },
    );
    pieces.push(Buffer.from(stdout));
  }
  return readCaptions(Buffer.concat(pieces));
}

const SOURCES: [string, CaptionedOptions][] = [
  ['whole frames', { rate: '30000/1001' }],
  ['fields that become frames', { rate: '30000/1001', interlaced: true }],
  ['a stream that is copied first', { rate: '25', container: 'ts' }],
];

test.each(SOURCES)('captions are said once: %s', async (_name, options) => {
  const file = await makeCaptioned(TEXT, env.scratch, options);
  expect(await saidAfter(file)).toBe(TEXT);
});

test('captions are said once where frames are repeated to fill the grid', async () => {
  const file = await makeCaptioned(TEXT, env.scratch, { rate: '24' });
  expect(await saidAfter(file, { num: 30, den: 1 })).toBe(TEXT);
});
