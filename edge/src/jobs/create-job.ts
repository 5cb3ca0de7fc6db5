import { type ProfileInput, resolveProfile } from '@millrace/shared/media/profile.ts';
import { KEY_PATTERN } from '@millrace/shared/storage-keys.ts';
import type { TaskSpec } from '@millrace/shared/task/task-spec.ts';
import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import type { ObjectInfo } from '../storage/storage.ts';

export interface CreateJob {
  projectId: string;
  inputKey: string;
  profile: ProfileInput;
  metadata: Record<string, unknown>;
  /** W3C trace context of the request; carried to the workers. */
  traceparent: string | null;
}

/**
 * Accepts a job on an object that lies in storage. Job, event, first task and outbox row are one statement: either all
 * of them exist, or none does.
 */
export async function createJob(ctx: Context, input: CreateJob): Promise<{ jobId: string }> {
  const source = await findSource(ctx, input.inputKey);
  const jobId = ctx.random.uuid();
  const taskId = ctx.random.uuid();
  const spec: TaskSpec = {
    kind: 'analyze',
    source: { key: input.inputKey, sizeBytes: source.sizeBytes, etag: source.etag },
  };
  await ctx.db.execute(sql`
    with job as (
      insert into jobs (id, project_id, status, profile_input, profile, metadata, source_key, source_etag,
                        source_size_bytes, tasks_left, traceparent)
      values (${jobId}::uuid, ${input.projectId}, 'queued', ${JSON.stringify(input.profile)}::jsonb,
              ${JSON.stringify(resolveProfile(input.profile))}::jsonb, ${JSON.stringify(input.metadata)}::jsonb,
              ${input.inputKey}, ${source.etag}, ${source.sizeBytes}::bigint, 1, ${input.traceparent})
      returning id
    ),
    told as (
      insert into job_events (job_id, version, type, data) select id, 1, 'job.created', '{}'::jsonb from job
    ),
    task as (
      insert into tasks (id, job_id, project_id, kind, state, spec, rank, needs, unlocks, deps_left, work_total,
                         ready_at, nudged_at)
      select ${taskId}::uuid, id, ${input.projectId}, 'analyze', 'ready', ${JSON.stringify(spec)}::jsonb, 0, '{}', '{}',
             0, 1, now(), now()
      from job
    )
    insert into outbox (task_id, traceparent) select ${taskId}::uuid, ${input.traceparent} from job`);
  return { jobId };
}

async function findSource(ctx: Context, key: string): Promise<ObjectInfo> {
  const source = KEY_PATTERN.test(key) && key.startsWith('uploads/') ? await ctx.storage.head(key) : null;
  if (!source) throw new Refusal('source_not_found', `There is no object at "${key}". Upload it first.`);
  if (source.sizeBytes === 0) throw new Refusal('source_empty', `The object at "${key}" is empty.`);
  if (source.sizeBytes > ctx.config.maxSourceBytes) {
    throw new Refusal(
      'source_too_large',
      `The object at "${key}" has ${source.sizeBytes} bytes; the limit is ${ctx.config.maxSourceBytes}.`,
    );
  }
  return source;
}
