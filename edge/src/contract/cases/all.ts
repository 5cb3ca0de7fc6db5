import { accessCases } from './access.ts';
import type { Cases } from './case.ts';
import { jobHistoryCases } from './job-history.ts';
import { jobCases } from './jobs.ts';
import { playbackCases } from './playback.ts';
import { uploadCases } from './uploads.ts';
import { webhookCases } from './webhooks.ts';

/** How every operation may end, but for what all have in common (`common-cases.ts`). */
export const allCases: Cases = {
  getHealth: { 200: () => ({}) },
  getMetrics: { 200: () => ({}) },
  ...jobCases,
  ...jobHistoryCases,
  ...uploadCases,
  ...playbackCases,
  ...webhookCases,
  ...accessCases,
};
