import { submitJob } from '../../testing/job-driver.ts';
import { seedJob, seedTask } from '../../testing/seed-job.ts';
import { storeJob } from '../../testing/store-job.ts';
import { putSource, UNKNOWN, type World } from '../world.ts';
import type { Cases } from './case.ts';

/** A job with one event, through the use case. */
const acceptedJob = async ({ ctx }: World) => ({
  params: { id: await submitJob(ctx, { input_key: await putSource(ctx) }) },
});
const endedJob = async ({ ctx }: World) => (await storeJob(ctx)).jobId;
const unknown = () => ({ params: { id: UNKNOWN } });

export const jobHistoryCases: Cases = {
  listJobEvents: { 200: acceptedJob, job_not_found: unknown },
  listTasks: {
    200: async ({ ctx }) => {
      const jobId = await seedJob(ctx);
      const moments = { claimed_at: new Date(0), started_at: new Date(1_000), ended_at: new Date(3_000) };
      await seedTask(ctx, jobId, {
        attempt: 2,
        attempts: [{ attempt: 1, worker_id: 'worker', ...moments, outcome: 'failed', code: 'ffmpeg_failed' }],
        failureCode: 'ffmpeg_failed',
        failureMessage: 'It said no.',
        waitingReason: 'no_worker',
      });
      await seedTask(ctx, jobId, { state: 'blocked' });
      return { params: { id: jobId } };
    },
    job_not_found: unknown,
  },
  getTaskLog: {
    200: async ({ ctx }) => {
      const { jobId, taskId } = await storeJob(ctx);
      return { params: { id: jobId, task_id: taskId } };
    },
    task_not_found: async (world) => ({ params: { id: await endedJob(world), task_id: UNKNOWN } }),
  },
  streamJobEvents: {
    200: acceptedJob,
    204: async (world) => ({
      params: { id: await endedJob(world) },
      headers: { 'last-event-id': '1000' },
    }),
    job_not_found: unknown,
  },
  streamEvents: {
    200: () => ({}),
    invalid_request: () => ({ headers: { 'last-event-id': '9'.repeat(65) } }),
  },
};
