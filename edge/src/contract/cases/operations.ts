import { randomUUID } from 'node:crypto';
import { dispatchPauses } from '../../db/schema.ts';
import { seedJob, seedTask } from '../../testing/seed-job.ts';
import { seedDelivery, seedWebhook } from '../../testing/seed-webhook.ts';
import { storeProject } from '../../testing/store-job.ts';
import { UNKNOWN, type World } from '../world.ts';
import { asOperatorOf, type Cases } from './case.ts';

const newProject = ({ ctx }: World) => storeProject(ctx, `p-${randomUUID().slice(0, 8)}`);

/** By an administrator: who lays one may end it. */
const paused = async (world: World, codec: string | null = null, project: string | null = null) => {
  const projectId = project ?? (await newProject(world));
  const id = randomUUID();
  const row = { id, projectId, codec, reason: 'too dear', actor: 'user:ann' };
  await world.ctx.db.insert(dispatchPauses).values(row);
  return { projectId, params: { id }, headers: asOperatorOf(projectId) };
};

/** A task that has failed, with its job, and a delivery that nobody took. */
const dead = async (world: World) => {
  const { ctx } = world;
  const projectId = await newProject(world);
  const ended = { failureCode: 'decode_failed', failureMessage: 'no frame', finishedAt: new Date() };
  const jobId = await seedJob(ctx, { projectId, status: 'failed', ...ended });
  const taskId = await seedTask(ctx, jobId, { projectId, state: 'failed', ...ended });
  const webhook = await seedWebhook(ctx, { projectId, url: 'https://receiver.example/hook' });
  const attempt = {
    at: new Date(0).toISOString(),
    status: 503,
    error: 'status',
    duration_ms: 12,
    answer: null,
  };
  const given = { projectId, state: 'failed', endedAt: new Date(), attempts: [attempt] };
  const deliveryId = await seedDelivery(ctx, webhook.id, given);
  return { ids: [taskId, deliveryId], headers: asOperatorOf(projectId) };
};

export const operationCases: Cases = {
  pauseDispatch: {
    200: async (world) => ({
      body: { scope: 'project', codec: 'av1', reason: 'too dear', expires_at: '2100-01-01T00:00:00Z' },
      headers: asOperatorOf(await newProject(world)),
    }),
  },
  listPauses: {
    200: async (world) => {
      const { projectId, headers } = await paused(world);
      await paused(world, 'opus', projectId);
      return { query: { limit: '1' }, headers };
    },
  },
  resumeDispatch: { 200: (world) => paused(world), pause_not_found: () => ({ params: { id: UNKNOWN } }) },
  listDeadLetters: {
    200: async (world) => {
      const { headers } = await dead(world);
      return { query: { limit: '1', scope: 'project', died_after: '2020-01-01T00:00:00Z' }, headers };
    },
  },
  redriveDeadLetters: {
    200: async (world) => {
      const { ids, headers } = await dead(world);
      return { body: { ids, limit: 10 }, headers };
    },
  },
};
