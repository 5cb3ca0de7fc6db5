import { SPAN_CAPABILITY } from '@millrace/shared/media/audio-span.ts';
import { sidecar } from '@millrace/shared/media/plan.ts';
import { profileObject } from '@millrace/shared/media/profile.ts';
import { objectKey } from '@millrace/shared/storage-keys.ts';
import { type Provenance, sourceIdentity } from '@millrace/shared/task/fingerprint.ts';
import { WORKER_GONE_MS } from '@millrace/shared/task/lease-rules.ts';
import { REMUXED_NAMES } from '@millrace/shared/task/outputs.ts';
import type { ResultOf, TaskResult } from '@millrace/shared/task/task-spec.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { markPlayable } from '../jobs/mark-playable.ts';
import { planWithReuse } from '../jobs/plan-with-reuse.ts';
import { attempted } from '../log.ts';
import { traced } from '../tracing/traced.ts';
import { acceptFetched } from './accept-fetched.ts';
import { type CompletionAnswer, completeTask } from './complete-task.ts';
import { failTask } from './fail-task.ts';
import { type Fence, milliseconds } from './transition.ts';

/** Takes in what a completed attempt made. Analyze is where the job is planned; a plan that cannot be made fails it. */
export async function acceptResult(
  ctx: Context,
  report: Fence & { result: TaskResult; logTail: string },
): Promise<CompletionAnswer> {
  const { result } = report;
  if (result.kind === 'fetch') return acceptFetched(ctx, { ...report, result });
  if (result.kind === 'analyze') return planAndComplete(ctx, { ...report, result });
  return completeTask(ctx, {
    ...report,
    graph: null,
    segmentsPerTrack: 'segments' in result ? result.segments : 0,
  });
}

async function planAndComplete(
  ctx: Context,
  report: Fence & { result: ResultOf<'analyze'>; logTail: string },
): Promise<CompletionAnswer> {
  const input = await planningInput(ctx, report.taskId);
  if (!input) return { verdict: 'lease_lost', jobId: null, publishTaskId: null };
  const { mediaInfo } = report.result;
  if (!mayBeSource(input, report, mediaInfo.source.key)) {
    const message = `analyze named a source that is not its own: ${mediaInfo.source.key}`;
    const failed = await failTask(ctx, { ...report, code: 'worker_error', message });
    return { ...failed, publishTaskId: null };
  }
  for (let tries = 1; ; tries += 1) {
    const outcome = await traced(ctx, 'plan', {}, (within) =>
      planWithReuse(within, {
        ...{ mediaInfo, profile: input.profile, sidecars: input.sidecars },
        fleet: { slots: input.slots, audioSpans: input.audio_spans },
        projectId: input.project_id,
        provenance: provenanceOf(input, report.result),
        lookUp: input.profile.reuse && tries <= MAX_LOOKS,
      }),
    );
    if ('code' in outcome) {
      const failed = await failTask(ctx, { ...report, code: outcome.code, message: outcome.message });
      return { ...failed, publishTaskId: null };
    }
    const { graph } = outcome;
    const answer = await completeTask(ctx, {
      ...report,
      ...{ graph, projectId: input.project_id, segmentsPerTrack: 0 },
    });
    if (answer.replan) continue;
    const begun = graph.tasks.some(({ takenOver }) => takenOver && takenOver.tracks.length > 0);
    // Nobody announces these segments any more.
    if (begun && answer.verdict === 'accepted' && answer.jobId)
      await attempted(ctx, 'note what can be played', markPlayable(ctx, [answer.jobId]));
    return answer;
  }
}

/** What is found may be erased before it is taken over. After so many times the job makes everything itself. */
const MAX_LOOKS = 2;

function provenanceOf(
  input: z.infer<typeof planningRow>,
  { mediaInfo, build }: ResultOf<'analyze'>,
): Provenance | null {
  const { source_etag: etag, source_size_bytes: sizeBytes } = input;
  if (build === '' || etag === null || sizeBytes === null) return null;
  return { source: sourceIdentity(mediaInfo.digest ?? input.fetched_digest, { etag, sizeBytes }), build };
}

/** Only the source of the job, or the copy that this very attempt made of it, may be read by what follows. */
function mayBeSource(input: z.infer<typeof planningRow>, fence: Fence, key: string): boolean {
  const copies = Object.values(REMUXED_NAMES).map((name) =>
    objectKey(input.project_id, fence.taskId, fence.attempt, name),
  );
  return key === input.source_key || copies.includes(key);
}

const planningRow = z.object({
  profile: profileObject,
  sidecars: z.array(sidecar),
  slots: z.number(),
  audio_spans: z.boolean(),
  project_id: z.string(),
  source_key: z.string().nullable(),
  source_etag: z.string().nullable(),
  source_size_bytes: z.coerce.number().nullable(),
  /** As the worker that fetched the source computed it. */
  fetched_digest: z.string().nullable(),
});

async function planningInput(ctx: Context, taskId: string): Promise<z.infer<typeof planningRow> | null> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      select j.profile, j.sidecars, j.project_id, j.source_key, j.source_etag, j.source_size_bytes, (
        select f.result ->> 'digest' from tasks f where f.job_id = j.id and f.kind = 'fetch' and f.state = 'done'
      ) as fetched_digest, fleet.slots, fleet.audio_spans
      from jobs j join tasks t on t.job_id = j.id, lateral (
        select coalesce(sum(slots), 0)::int as slots,
          coalesce(bool_and(capabilities @> array[${SPAN_CAPABILITY}]), false) as audio_spans
        from workers where last_seen_at > now() - ${milliseconds(WORKER_GONE_MS)}
      ) fleet
      where t.id = ${taskId}::uuid`,
    planningRow,
  );
  return found ?? null;
}
