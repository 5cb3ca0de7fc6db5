import { writeMedia } from '@millrace/shared/manifest/write-media.ts';
import { writeMultivariant } from '@millrace/shared/manifest/write-multivariant.ts';
import { objectKey } from '@millrace/shared/storage-keys.ts';
import type { Fence } from '../rules.ts';
import type { VirtualStorage } from '../virtual-storage.ts';
import { changeJob, type Database, jobOf } from './change-job.ts';
import type { EdgeRequest } from './edge-request.ts';
import { completeTask, failTask, startTask } from './report-statements.ts';
import type { JobRow } from './tables.ts';

/** publish-job.ts: takes the task under a lease, writes manifests, completes the job. */
export async function publishJob(
  db: Database,
  request: EdgeRequest,
  storage: VirtualStorage,
  taskId: string,
  token: string,
): Promise<void> {
  const fence = await request.step('claim publish', () => claimPublish(db, taskId, token));
  if (!fence) return;
  try {
    const playlists = await request.step('load presentation', () => writePlaylists(jobOf(db.tables, taskId)));
    await request.step('put manifests', () => {
      for (const name of playlists) storage.put(objectKey('p', taskId, fence.attempt, name));
    });
    const seen = jobOf(db.tables, taskId)?.state;
    await request.step('finish job', () => completeTask(db, fence, 0, null, seen));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    await request.step('hand publish back', () => failTask(db, fence, 'publish_failed', message));
  }
}

/** One statement: claimed and started at once, with a full lease. */
function claimPublish(db: Database, taskId: string, token: string): Fence | null {
  const job = jobOf(db.tables, taskId);
  const row = job?.tasks.get(taskId);
  if (!job || !row) return null;
  if (changeJob(db, job, { type: 'claim', taskId, token, now: db.now() }) !== 'accepted') return null;
  const attempt = job.state.tasks.get(taskId)?.attempt ?? 0;
  const fence = { taskId, attempt, token };
  row.workerId = 'edge';
  row.machineId = 'edge';
  db.witness.claimed(taskId, attempt, 'edge', db.now());
  startTask(db, fence);
  return fence;
}

function writePlaylists(job: JobRow | undefined): string[] {
  if (!job?.plan) throw new Error('a job is published without a plan');
  const tracks = new Map(
    [...job.tracks.values()].map(({ track, codecs }) => [
      track,
      {
        codecs,
        segments: [...job.segments.values()]
          .filter((segment) => segment.track === track)
          .map((segment) => ({ ...segment, keyBytes: 0 })),
      },
    ]),
  );
  const presentation = { plan: job.plan, tracks, files: new Map<string, number>(), complete: true };
  if (!job.plan.packaging.includes('hls')) return [];
  const names = [...job.plan.renditions.map((r) => r.name), ...job.plan.audio.map((a) => a.track)];
  if (!names.every((name) => writeMedia(presentation, name)) || !writeMultivariant(presentation)) {
    throw new Error(`job ${job.state.id} is published with a track that has not begun`);
  }
  return [...names, 'multivariant'];
}
