import { planJob } from '@millrace/shared/media/plan.ts';
import { resolveProfile } from '@millrace/shared/media/profile.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClipName, clip } from '../testing/clips.ts';
import { type FakeStorage, startFakeStorage } from '../testing/fake-storage.ts';
import { frameHashArgv } from '../testing/frame-hash.ts';
import { analyzeFile } from '../testing/run-job.ts';
import { createTestTools, type TestTools } from '../testing/test-tools.ts';
import type { FrameRange } from './argv/video-input.ts';
import { runFfmpeg } from './run-ffmpeg.ts';

// What editors, broadcasters, phones, screens and browsers deliver: the frames of all chunks are those of one pass.

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

const delivered = [
  ...['prores', 'prores4444', 'dnxhrMxf', 'broadcastMxf', 'h264Mxf', 'broadcast', 'phone'],
  ...['screen', 'screenRgb', 'browser', 'onePixel'],
] as ClipName[];

test.each(delivered)('%s', async (name) => {
  const mediaInfo = await analyzeFile(storage, env, await clip(name));
  const profile = {
    ...resolveProfile('default'),
    renditions: [{ height: 64, codec: 'h264' as const, crf: 23 }],
  };
  const outcome = planJob({ mediaInfo, profile, fleet: { slots: 8 }, sidecars: [] });
  if (!outcome.planned) throw new Error(outcome.message);
  const specs = outcome.tasks.flatMap(({ spec }) => (spec.kind === 'encode-video' ? [spec] : []));
  const [first] = specs;
  if (!first) throw new Error('nothing to encode');
  const chunks: string[] = [];
  for (const spec of specs) chunks.push(...(await framesOf(spec, spec.chunk)));
  const whole = await framesOf(first, { startFrame: 0, frames: null });
  expect(whole.length).toBeGreaterThan(0);
  expect(chunks).toEqual(whole);
});

async function framesOf(spec: EncodeVideoSpec, range: FrameRange): Promise<string[]> {
  const open = env.tools.sourceReader.open(spec.source, {
    sign: async () => storage.get(spec.source.key),
    signal: new AbortController().signal,
    onFetched: () => {},
  });
  const pieces: Buffer[] = [];
  const end = await runFfmpeg(env.tools, {
    argv: frameHashArgv(spec, open.url, range),
    cwd: env.scratch,
    signal: new AbortController().signal,
    outputs: [(bytes) => void pieces.push(bytes)],
  });
  open.close();
  expect(end.exitCode, end.logTail.join('\n')).toBe(0);
  const lines = Buffer.concat(pieces).toString().split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim() ?? '');
}
