import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaInfo } from '@millrace/shared/media/media-info.ts';
import { planJob } from '@millrace/shared/media/plan.ts';
import type { Profile } from '@millrace/shared/media/profile.ts';
import type { EncodeVideoSpec, PosterSpec } from '@millrace/shared/task/task-spec.ts';
import { execa } from 'execa';
import { filterGraph, QUIET } from '../media/argv/input.ts';
import { ladderGraph } from '../media/argv/video-filter.ts';
import { type FrameRange, videoInput } from '../media/argv/video-input.ts';
import type { FakeStorage } from './fake-storage.ts';
import { analyzeFile } from './run-job.ts';
import type { TestTools } from './test-tools.ts';

export interface PlannedPictures {
  mediaInfo: MediaInfo;
  specs: EncodeVideoSpec[];
  poster: PosterSpec;
  url: string;
}

/** What the tasks of a job would be told about its pictures, and where they find them. */
export async function planPictures(
  storage: FakeStorage,
  env: TestTools,
  file: string,
  profile: Profile,
  slots = 8,
): Promise<PlannedPictures> {
  const mediaInfo = await analyzeFile(storage, env, file);
  const outcome = planJob({ mediaInfo, profile, fleet: { slots }, sidecars: [] });
  if (!outcome.planned) throw new Error(outcome.message);
  const specs = outcome.tasks.flatMap(({ spec }) => (spec.kind === 'encode-video' ? [spec] : []));
  const poster = outcome.tasks.map(({ spec }) => spec).find((spec) => spec.kind === 'poster');
  if (!poster) throw new Error('no poster is planned');
  const copy = join(env.scratch, `source-${storage.objects.size}`);
  await writeFile(copy, storage.objects.get(mediaInfo.source.key) ?? Buffer.alloc(0));
  return { mediaInfo, specs, poster, url: `file:${copy}` };
}

/** The pictures that the encoder of each rendition would get, as raw 8-bit 4:2:0, one after another. */
export async function drawPictures(spec: EncodeVideoSpec, url: string, range: FrameRange): Promise<Buffer[]> {
  const outputs = spec.renditions.flatMap((_, i) => [
    ...['-map', `[v${i}]`, ...(range.frames === null ? [] : ['-frames:v', String(range.frames)])],
    ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', `pipe:${3 + i}`],
  ]);
  const { stdio } = await execa(
    'ffmpeg',
    [
      ...[...QUIET, ...videoInput(spec, url, range.startFrame)],
      ...filterGraph(ladderGraph(spec, range.startFrame), spec.threads),
      ...outputs,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe', ...spec.renditions.map(() => 'pipe' as const)],
      encoding: 'buffer',
    },
  );
  return spec.renditions.map((_, i) => {
    const bytes = stdio[3 + i];
    return bytes instanceof Uint8Array ? Buffer.from(bytes) : Buffer.alloc(0);
  });
}
