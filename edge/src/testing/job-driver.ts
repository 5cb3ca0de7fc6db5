import type { Profile } from '@millrace/shared/media/profile.ts';
import { FETCH_CAPABILITY } from '@millrace/shared/task/first-task.ts';
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
  capabilities: ['libx264', 'aac', FETCH_CAPABILITY],
  version: '1',
};

const SOURCE = 'uploads/default/driven.mp4';

/** Plays the fleet in tests: takes jobs from state to state through the real use cases. */
export async function acceptedJob(ctx: Context, profile: Profile | 'default' = 'default'): Promise<string> {
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
export async function plannedJob(
  ctx: Context,
  seconds = 12,
  profile: Profile | 'default' = 'default',
): Promise<string> {
  const jobId = await acceptedJob(ctx, profile);
  const task = (await claimStarted(ctx, 1)).find((claimed) => claimed.job_id === jobId);
  if (!task) throw new Error('analyze was not claimable');
  const found = mediaInfoOf({ seconds });
  const mediaInfo = { ...found, source: { ...found.source, key: SOURCE } };
  await acceptResult(ctx, { ...fenceOf(task), result: { kind: 'analyze', mediaInfo }, logTail: '' });
  return jobId;
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

export async function completeClaimed(ctx: Context, task: ClaimedTask) {
  const fence = fenceOf(task);
  const { spec } = task;
  switch (spec.kind) {
    case 'encode-video': {
      const tracks = spec.renditions.map((rendition) => rendition.name);
      await announce(ctx, fence, tracks, spec.chunk.firstSegment, spec.chunk.segmentFrames);
      const { segmentFrames } = spec.chunk;
      const frames = segmentFrames.reduce((sum, n) => sum + n, 0);
      const result = {
        kind: 'encode-video',
        frames,
        segments: segmentFrames.length,
        encoder: 'test',
      } as const;
      return acceptResult(ctx, { ...fence, result, logTail: '' });
    }
    case 'encode-audio':
      await announce(ctx, fence, [spec.track], 0, [96_000, 192_000, 192_000]);
      return acceptResult(ctx, {
        ...fence,
        result: { kind: 'encode-audio', samples: 480_000, segments: 3, encoder: 'test' },
        logTail: '',
      });
    case 'poster':
      return acceptResult(ctx, {
        ...fence,
        result: { kind: 'poster', name: 'poster.jpg', width: 1920, height: 1080, sizeBytes: 10 },
        logTail: '',
      });
    case 'assemble':
      return acceptResult(ctx, {
        ...fence,
        result: {
          ...{ kind: 'assemble', name: `${spec.rendition.name}.mp4`, sizeBytes: 1_000_000 },
          ...{ frames: 300, durationMicros: 12_000_000, bitrateKbps: 666 },
        },
        logTail: '',
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
        ...{ track, name: `${track}/init.mp4`, sha256: `${sha}-${track}`, sizeBytes: 700 },
        ...{ codecs: track.startsWith('audio') ? 'mp4a.40.2' : 'avc1.64001f', width: 2, height: 2 },
      })),
      segments: tracks.flatMap((track) =>
        lengths.map((length, index) => ({
          ...{ track, number: first + index, name: `${track}/${first + index}.m4s`, sizeBytes: 1000, length },
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
