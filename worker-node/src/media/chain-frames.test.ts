import { planJob } from '@millrace/shared/media/plan.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clip } from '../testing/clips.ts';
import { type FakeStorage, startFakeStorage } from '../testing/fake-storage.ts';
import { analyzeFile, SMALL_PROFILE } from '../testing/run-job.ts';
import { createTestTools, type TestTools } from '../testing/test-tools.ts';
import { QUIET } from './argv/input.ts';
import { ladderGraph } from './argv/video-filter.ts';
import { videoInput } from './argv/video-input.ts';
import { runFfmpeg } from './run-ffmpeg.ts';

// A rendition looks the same whether the others of its ladder are encoded beside it or were made before.

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

const RUNGS = [{ height: 120 }, { height: 90, max_frame_rate: 15 }, { height: 48 }];

test('pictures are scaled through renditions that are not encoded', async () => {
  const all = await openingChunk();
  const chain = all.renditions.map(({ name, width, height }) => ({ name, width, height }));
  const [top, middle, bottom] = await hashes(all);
  expect(new Set([top?.[0], middle?.[0], bottom?.[0]]).size).toBe(3);
  for (const [wanted, expected] of [
    [[2], [bottom]],
    [[1], [middle]],
    [
      [0, 2],
      [top, bottom],
    ],
  ] as const) {
    const renditions = all.renditions.filter((_, i) => wanted.some((n) => n === i));
    expect(await hashes({ ...all, renditions, chain })).toEqual(expected);
  }
  // Otherwise it would not matter.
  const [direct] = await hashes({ ...all, renditions: all.renditions.slice(2) });
  expect(direct).not.toEqual(bottom);
});

let source = { key: '', sizeBytes: 1, etag: '' };

async function openingChunk(): Promise<EncodeVideoSpec> {
  const mediaInfo = await analyzeFile(storage, env, await clip('ntsc'));
  source = mediaInfo.source;
  const renditions = RUNGS.map((rung) => ({ ...rung, codec: 'h264' as const }));
  const profile = { ...SMALL_PROFILE, renditions };
  const outcome = planJob({ mediaInfo, profile, fleet: { slots: 1 }, sidecars: [] });
  if (!outcome.planned) throw new Error(outcome.message);
  const spec = outcome.tasks.find((task) => task.spec.kind === 'encode-video')?.spec;
  if (spec?.kind !== 'encode-video') throw new Error('no chunks');
  return spec;
}

/** Of every frame that each encoder would get. */
async function hashes(spec: EncodeVideoSpec): Promise<string[][]> {
  const pieces = spec.renditions.map((): Buffer[] => []);
  const { signal } = new AbortController();
  const open = env.tools.sourceReader.open(source, {
    sign: async () => storage.get(source.key),
    signal,
    onFetched: () => {},
  });
  try {
    const end = await runFfmpeg(env.tools, {
      argv: [
        ...QUIET,
        ...videoInput(spec, open.url, 0),
        ...['-filter_complex', ladderGraph(spec, 0)],
        ...spec.renditions.flatMap((_, i) => [
          ...['-map', `[v${i}]`, '-frames:v', '20', '-f', 'framemd5', `pipe:${3 + i}`],
        ]),
      ],
      cwd: env.scratch,
      signal,
      outputs: pieces.map((list) => (bytes: Buffer) => void list.push(bytes)),
    });
    expect(end.exitCode).toBe(0);
  } finally {
    open.close();
  }
  return pieces.map((list) =>
    Buffer.concat(list)
      .toString()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(',').at(-1)?.trim() ?? ''),
  );
}
