import { randomUUID } from 'node:crypto';
import { createKey } from '../../auth/create-key.ts';
import { rotateKey } from '../../auth/rotate-key.ts';
import { users } from '../../db/schema.ts';
import { eraseJob } from '../../erasure/erase-job.ts';
import { seedJob } from '../../testing/seed-job.ts';
import { storeProject } from '../../testing/store-job.ts';
import { UNKNOWN, type World } from '../world.ts';
import type { Cases } from './case.ts';

const OPERATOR = { projectId: 'default', actor: 'operator', scopes: ['admin'], operator: true } as const;
const unknown = () => ({ params: { id: UNKNOWN } });
const anyKey = async ({ ctx }: World) => {
  const made = { caller: OPERATOR, name: 'ci', scopes: ['jobs:read'], expiresAt: null } as const;
  return { params: { id: (await createKey(ctx, made)).id } };
};
const newId = () => `p-${randomUUID().slice(0, 8)}`;
const anyProject = async ({ ctx }: World) => ({ params: { id: await storeProject(ctx, newId()) } });
const noProject = () => ({ params: { id: 'nowhere' } });
const receipt = async ({ ctx }: World) => {
  const jobId = await seedJob(ctx);
  const { receiptId } = await eraseJob(ctx, { projectId: 'default', jobId, actor: 'operator' });
  return { jobId, params: { id: receiptId } };
};

/** Keys, users, projects, and what was erased. */
export const accessCases: Cases = {
  createKey: {
    201: () => ({
      body: { name: 'ci', scopes: ['jobs:read', 'jobs:write'], expires_at: '2100-01-01T00:00:00+02:00' },
    }),
  },
  listKeys: {
    200: async (world) => {
      for (let n = 0; n < 2; n++) await anyKey(world);
      return { query: { limit: '1' } };
    },
  },
  getKey: { 200: anyKey, key_not_found: unknown },
  rotateKey: {
    201: async (world) => ({ ...(await anyKey(world)), body: { overlap_seconds: 60 } }),
    key_not_found: unknown,
    key_replaced: async (world) => {
      const { params } = await anyKey(world);
      const input = { projectId: 'default', keyId: params.id, overlapSeconds: 60, actor: 'operator' };
      await rotateKey(world.ctx, input);
      return { params, body: {} };
    },
  },
  revokeKey: { 204: anyKey, key_not_found: unknown },
  listUsers: {
    200: async ({ ctx }) => {
      const row = { projectId: 'default', name: 'Ann', role: 'viewer' };
      for (let n = 0; n < 2; n++) await ctx.db.insert(users).values({ ...row, subject: randomUUID() });
      return { query: { limit: '1' } };
    },
  },
  createProject: {
    201: () => ({ body: { id: newId(), name: 'New' } }),
    project_exists: () => ({ body: { id: 'default' } }),
  },
  listProjects: {
    200: async (world) => {
      await anyProject(world);
      return { query: { limit: '1' } };
    },
  },
  getProject: { 200: anyProject, project_not_found: noProject },
  updateProject: {
    200: async (world) => ({
      ...(await anyProject(world)),
      body: {
        quotas: { stored_bytes: 1, minutes_per_day: null },
        retention: { keep_logs_days: 7 },
        name: 'N',
      },
    }),
    project_not_found: () => ({ ...noProject(), body: { name: 'N' } }),
  },
  eraseProject: {
    202: anyProject,
    project_not_found: noProject,
    legal_hold: async ({ ctx }) => ({
      params: { id: await storeProject(ctx, newId(), { legalHold: true }) },
    }),
  },
  listErasures: { 200: async (world) => ({ query: { subject_id: (await receipt(world)).jobId } }) },
  getErasure: { 200: receipt, erasure_not_found: unknown },
};
