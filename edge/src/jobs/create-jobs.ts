import type { Caller } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { refuseQuota } from '../projects/quota.ts';
import { Refusal } from '../refusal.ts';
import { readStoredJob } from '../status/read-job.ts';
import { lookUpSource, refuseSourceName, refuseSourceSize, unknownSource } from './find-source.ts';
import { refuseSubtitles } from './find-subtitles.ts';
import { firstTask, type InsertedJob, insertJobs, type JobEntry } from './insert-jobs.ts';
import type { JobInput } from './job-input.ts';
import { newJobRecord } from './new-job-record.ts';
import { type JobView, viewJob } from './view-job.ts';

interface Request {
  caller: Pick<Caller, 'projectId' | 'actor'>;
  /** W3C trace context of the request; carried to the workers. */
  traceparent: string | null;
  /** `X-Request-Id` of the request; carried too. */
  requestId: string | null;
  /** See `viewJob`. */
  origin: string;
}

export type JobOutcome = { view: JobView } | { refusal: Refusal };

/** Accepts one job. Refuses as `createJobs` does. */
export async function createJob(ctx: Context, request: Request & { job: JobInput }): Promise<JobView> {
  const [outcome] = await createJobs(ctx, { ...request, jobs: [request.job] });
  if (!outcome || 'refusal' in outcome) throw outcome?.refusal ?? new Error('The job has no outcome');
  return outcome.view;
}

/**
 * Accepts jobs; each has its own outcome, in the order of the input. Where uploads were confirmed that is one statement
 * for all; what lies behind other keys is asked of storage first.
 *
 * Ids come from `ctx.random`: a request that is repeated with the same ids finds its jobs again.
 */
export async function createJobs(
  ctx: Context,
  request: Request & { jobs: JobInput[] },
): Promise<JobOutcome[]> {
  const { projectId } = request.caller;
  const entries = request.jobs.map((input) => ({
    ...{ input, jobId: ctx.random.uuid(), taskId: ctx.random.uuid(), source: null },
    refusal: refuseSourceName(ctx, projectId, input),
  }));
  const named = entries.filter((entry) => entry.refusal === null);
  const inserted = await insertJobs(ctx, request, named);
  const lookedUp = new Map(
    await Promise.all(
      named
        .filter((entry) => isUnconfirmed(entry, inserted.get(entry.jobId)))
        .map(async (entry) => [entry.jobId, await lookUpSource(ctx, entry.input.input_key ?? '')] as const),
    ),
  );
  const found = named.flatMap((entry) => {
    const source = lookedUp.get(entry.jobId);
    return source && !(source instanceof Refusal) ? [{ ...entry, source }] : [];
  });
  for (const [jobId, row] of await insertJobs(ctx, request, found)) inserted.set(jobId, row);
  return Promise.all(
    entries.map((entry) => {
      const missing = lookedUp.get(entry.jobId);
      const refusal = entry.refusal ?? (missing instanceof Refusal ? missing : null);
      return refusal ? { refusal } : conclude(ctx, request, entry, inserted.get(entry.jobId));
    }),
  );
}

function isUnconfirmed({ input }: JobEntry, row: InsertedJob | undefined): boolean {
  return (
    input.input_url === undefined &&
    row?.within_quota === true &&
    row.size_bytes === null &&
    row.bad_subtitles === null &&
    !row.repeated
  );
}

async function conclude(
  ctx: Context,
  request: Request,
  { jobId, input }: JobEntry,
  row: InsertedJob | undefined,
): Promise<JobOutcome> {
  const { projectId, actor } = request.caller;
  if (row?.created_at) {
    const { workTotal } = firstTask(input, ctx.config.maxSourceBytes);
    const record = newJobRecord({
      id: jobId,
      projectId,
      actor,
      input,
      workTotal,
      ...row,
      created_at: row.created_at,
    });
    ctx.log.info('job created', { job_id: jobId, project_id: projectId });
    return { view: await viewJob(ctx, record, request.origin) };
  }
  if (row?.repeated) {
    return { view: await viewJob(ctx, await readStoredJob(ctx, { projectId, jobId }), request.origin) };
  }
  if (!row?.within_quota) return { refusal: await refuseQuota(ctx, projectId, 'minutes_per_day') };
  if (row.bad_subtitles) return { refusal: refuseSubtitles(input, row.bad_subtitles) };
  const key = input.input_key ?? '';
  // What is on its way out is no source any more, though it may still lie there.
  if (row.size_bytes === null) return { refusal: unknownSource(key) };
  const refusal = refuseSourceSize(ctx, key, row.size_bytes);
  return { refusal: refusal ?? new Refusal('internal', 'The job was not accepted. Try again.') };
}
