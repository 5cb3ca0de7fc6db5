import type { profileInput } from '@millrace/shared/media/profile.ts';
import { FETCH_CAPABILITY } from '@millrace/shared/task/first-task.ts';
import { subtitlesName } from '@millrace/shared/task/outputs.ts';
import type { TaskResult } from '@millrace/shared/task/task-spec.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { createJob } from '../jobs/create-jobs.ts';
import { jobInput } from '../jobs/job-input.ts';
import { acceptResult } from '../tasks/accept-result.ts';
import { type Claimer, claimTasks } from '../tasks/claim-tasks.ts';
import type { ClaimedTask } from '../tasks/claimed-task.ts';
import { heartbeat } from '../tasks/heartbeat.ts';
import { startTask } from '../tasks/start-task.ts';
import type { Fence } from '../tasks/transition.ts';
import { mediaInfoOf } from './media-info.ts';

export const WORKER: Claimer = {
  id: 'worker',
  machineId: 'machine',
  slots: 8,
  freeSlots: 8,
  capabilities: ['libx264', 'libx265', 'aac', FETCH_CAPABILITY],
  version: '1',
};

const SOURCE = 'uploads/default/driven.mp4';

/** What `analyze` says of the FFmpeg it ran. */
export const BUILD = 'ffmpeg of the tests';

type Asked = z.input<typeof profileInput>;

/** Plays the fleet in tests: takes jobs from state to state through the real use cases. */
export async function acceptedJob(ctx: Context, profile: Asked = 'default'): Promise<string> {
  await ctx.storage.putOnce(SOURCE, 'bytes', 'video/mp4');
  return submitJob(ctx, { input_key: SOURCE, profile });
}

/** Creates a job from what a client would send. */
export async function submitJob(ctx: Context, input: z.input<typeof jobInput>): Promise<string> {
  const job = await createJob(ctx, {
    caller: { projectId: 'default', actor: 'test' },
    job: jobInput.parse(input),
    traceparent: null,
    requestId: null,
    origin: 'https://edge.test',
  });
  return job.id;
}

/** A job that was analyzed and planned: its encode tasks are ready. */
export async function plannedJob(ctx: Context, seconds = 12, profile: Asked = 'default'): Promise<string> {
  const jobId = await acceptedJob(ctx, profile);
  const task = (await claimStarted(ctx, 1)).find((claimed) => claimed.job_id === jobId);
  if (!task) throw new Error('analyze was not claimable');
  await acceptResult(ctx, analyzeFilm(task, seconds));
  return jobId;
}

/** The report of an analysis that found a plain film. */
export function analyzeFilm(task: ClaimedTask, seconds: number) {
  const found = mediaInfoOf({ seconds });
  const mediaInfo = { ...found, source: { ...found.source, key: SOURCE } };
  return { ...fenceOf(task), result: { kind: 'analyze' as const, mediaInfo, build: BUILD }, logTail: '' };
}

export async function claimStarted(ctx: Context, max: number): Promise<ClaimedTask[]> {
  const claimed = await claimTasks(ctx, WORKER, max);
  for (const task of claimed) await startTask(ctx, fenceOf(task));
  return claimed;
}

/** Announces and completes whatever is claimable until only `publish` is left. */
export async function runEverything(ctx: Context): Promise<{ publishTaskId: string | null }> {
  let publishTaskId: string | null = null;
  for (let round = 0; round < 20; round++) {
    const claimed = await claimStarted(ctx, 8);
    if (claimed.length === 0) return { publishTaskId };
    for (const task of claimed)
      publishTaskId = (await completeClaimed(ctx, task)).publishTaskId ?? publishTaskId;
  }
  throw new Error('the job does not come to an end');
}

/** Announces and completes one task. */
export async function completeClaimed(ctx: Context, task: ClaimedTask) {
  const fence = fenceOf(task);
  const { spec } = task;
  const report = (result: TaskResult) => acceptResult(ctx, { ...fence, result, logTail: '' });
  switch (spec.kind) {
    case 'encode-video': {
      const tracks = spec.renditions.map((rendition) => rendition.name);
      await announce(ctx, fence, tracks, spec.chunk.firstSegment, spec.chunk.segmentFrames);
      const { segmentFrames } = spec.chunk;
      const frames = segmentFrames.reduce((sum, n) => sum + n, 0);
      return report({ kind: 'encode-video', frames, segments: segmentFrames.length, encoder: 'test' });
    }
    case 'encode-audio':
      await announce(ctx, fence, [spec.track], 0, [96_000, 192_000, 192_000]);
      return report({ kind: 'encode-audio', samples: 480_000, segments: 3, encoder: 'test' });
    case 'poster':
      return report({ kind: 'poster', name: 'poster.jpg', width: 1920, height: 1080, sizeBytes: 10 });
    case 'subtitles':
      return report({
        ...{ kind: 'subtitles', cues: 3 },
        files: [subtitlesName(spec.track), `${spec.track}/00000.vtt`].map((name) => ({
          name,
          sizeBytes: 20,
        })),
      });
    case 'storyboard':
      return report({
        ...{ kind: 'storyboard', pictures: 5 },
        files: ['storyboard.vtt', 'storyboard-000.jpg'].map((name) => ({ name, sizeBytes: 30 })),
      });
    case 'measure-quality':
      return report({
        kind: 'measure-quality',
        renditions: spec.renditions.map(({ name }) => ({
          ...{ name, frames: spec.frames, ssim: 0.98, psnr: 40, vmaf: null },
        })),
      });
    case 'assemble':
      return report({
        ...{ kind: 'assemble', name: spec.name, sizeBytes: 1_000_000 },
        ...{ frames: 300, durationMicros: 12_000_000, bitrateKbps: 666 },
      });
    default:
      throw new Error(`${spec.kind} is not driven here`);
  }
}

export async function announce(
  ctx: Context,
  fence: Fence,
  tracks: string[],
  first: number,
  lengths: number[],
  sha = 'sha',
) {
  return heartbeat(ctx, [
    {
      ...fence,
      workDone: 0,
      inits: tracks.map((track) => ({
        ...{ track, sha256: `${sha}-${track}`, sizeBytes: 700 },
        ...{ codecs: track.startsWith('audio') ? 'mp4a.40.2' : 'avc1.64001f', width: 2, height: 2 },
      })),
      segments: tracks.flatMap((track) =>
        lengths.map((length, index) => ({
          ...{ track, number: first + index, sizeBytes: 1000, length, keyBytes: 100 },
          initSha256: `${sha}-${track}`,
        })),
      ),
    },
  ]);
}

export function fenceOf(task: ClaimedTask): Fence {
  return { taskId: task.id, attempt: task.attempt, leaseToken: task.lease_token };
}

export async function taskStates(ctx: Context, jobId: string): Promise<Record<string, string[]>> {
  const rows = await rowsOf(
    ctx.db,
    sql`select kind, state from tasks where job_id = ${jobId}::uuid order by kind, rank, id`,
    z.object({ kind: z.string(), state: z.string() }),
  );
  const byKind: Record<string, string[]> = {};
  for (const { kind, state } of rows) byKind[kind] = [...(byKind[kind] ?? []), state];
  return byKind;
}

export async function jobStatus(ctx: Context, jobId: string): Promise<string | undefined> {
  const [row] = await rowsOf(
    ctx.db,
    sql`select status from jobs where id = ${jobId}::uuid`,
    z.object({ status: z.string() }),
  );
  return row?.status;
}
