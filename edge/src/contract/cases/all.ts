import type { World } from '../world.ts';
import { accessCases } from './access.ts';
import type { Ask, Cases } from './case.ts';
import { jobHistoryCases } from './job-history.ts';
import { jobCases } from './jobs.ts';
import { operationCases } from './operations.ts';
import { playbackCases } from './playback.ts';
import { uploadCases } from './uploads.ts';
import { webhookCases } from './webhooks.ts';

/** How every operation may end, but for what all have in common (`common.ts`). */
export const allCases: Cases = {
  getHealth: { 200: () => ({}) },
  getMetrics: { 200: () => ({}) },
  ...jobCases,
  ...jobHistoryCases,
  ...uploadCases,
  ...playbackCases,
  ...webhookCases,
  ...accessCases,
  ...operationCases,
};

/** A request of an operation that succeeds. */
export async function successOf(world: World, id: string): Promise<Ask> {
  // Statuses come before codes.
  const [success] = Object.values(allCases[id] ?? {});
  if (!success) throw new Error(`${id} has no case`);
  return success(world);
}
