import { setTimeout as sleep } from 'node:timers/promises';
import type { Api, Job } from './api.ts';

const everyMs = 400;
/** Nothing changes for so long only when something is broken. */
const longestStandstillMs = 10 * 60_000;

/** Follows a job to its end. Throws when it stands still for ten minutes. */
export async function watchJob(
  api: Api,
  id: string,
  onChange: (job: Job) => void,
  signal: AbortSignal,
): Promise<Job> {
  let seen = '';
  let changedAtMs = performance.now();
  for (;;) {
    const job = await api.readJob(id);
    const now = JSON.stringify([job.status, job.progress, job.tasks]);
    if (now !== seen) {
      seen = now;
      changedAtMs = performance.now();
    }
    onChange(job);
    if (isFinal(job)) return job;
    if (performance.now() - changedAtMs > longestStandstillMs) {
      throw new Error(`The job stands still at ${Math.round(job.progress * 100)} %.`);
    }
    await sleep(everyMs, undefined, { signal });
  }
}

function isFinal({ status }: Job): boolean {
  return status === 'completed' || status === 'failed' || status === 'canceled';
}
