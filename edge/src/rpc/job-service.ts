import type { ServiceImpl } from '@connectrpc/connect';
import type { JobService } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { systemMetrics } from '../status/system-metrics.ts';
import { callWith } from './call.ts';
import { jobChangeMethods } from './job-change-methods.ts';
import { jobReadMethods } from './job-read-methods.ts';
import { uploadMethods } from './upload-methods.ts';

/** JobService: each method reads its message, calls one use case, and writes the answer. */
export const jobService: ServiceImpl<typeof JobService> = {
  ...jobReadMethods,
  ...jobChangeMethods,
  ...uploadMethods,

  async getSystemMetrics(_request, context) {
    const { ctx, caller } = callWith('jobs:read', context);
    const counts = await systemMetrics(ctx, caller.projectId);
    return {
      queueDepth: BigInt(counts.queueDepth),
      totalJobs: BigInt(counts.totalJobs),
      completedJobs: BigInt(counts.completedJobs),
      failedJobs: BigInt(counts.failedJobs),
      processingJobs: BigInt(counts.processingJobs),
      dispatchPaused: counts.dispatchPaused,
    };
  },
};
