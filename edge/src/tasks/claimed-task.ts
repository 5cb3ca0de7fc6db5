import { taskSpec } from '@millrace/shared/task/task-spec.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';

const objectRef = z.object({ track: z.string(), name: z.string(), key: z.string() });

/** A task as it is handed to a worker. */
export const claimedTask = z.object({
  id: z.string(),
  job_id: z.string(),
  project_id: z.string(),
  attempt: z.number(),
  lease_token: z.string(),
  alone: z.boolean(),
  spec: taskSpec,
  traceparent: z.string().nullable(),
  request_id: z.string().nullable(),
  /** Initialisation segments that stand for the job. */
  inits: z.array(
    z.object({
      track: z.string(),
      key: z.string(),
      sha256: z.string(),
      sizeBytes: z.number(),
      codecs: z.string(),
      width: z.number(),
      height: z.number(),
    }),
  ),
  /** Segments that earlier attempts of this task announced. */
  announced: z.array(z.object({ track: z.string(), number: z.number() })),
  /** The segments it reads, in order: see `tracksRead`. */
  segments: z.array(objectRef.extend({ number: z.number() })),
});
export type ClaimedTask = z.infer<typeof claimedTask>;

/** The columns of `claimedTask`, from a task row `c` and its job row `j`. */
export const claimedColumns = sql`
  c.id, c.job_id, c.project_id, c.attempt, c.lease_token, c.alone, c.spec, j.traceparent, j.request_id,
        coalesce((
          select jsonb_agg(jsonb_build_object('track', k.name, 'key', k.init_key, 'sha256', k.init_sha256,
            'sizeBytes', k.init_size_bytes, 'codecs', k.codecs, 'width', k.width, 'height', k.height))
          from tracks k where k.job_id = c.job_id), '[]'::jsonb) as inits,
        coalesce((
          select jsonb_agg(jsonb_build_object('track', s.track, 'number', s.number) order by s.track, s.number)
          from segments s where s.task_id = c.id and c.attempt > 1), '[]'::jsonb) as announced,
        coalesce((
          select jsonb_agg(jsonb_build_object('track', s.track, 'number', s.number, 'key', s.object_key,
            'name', regexp_replace(s.object_key, '^.*/', '')) order by s.number)
          from segments s
          where s.job_id = c.job_id and case c.kind
            when 'assemble' then s.track = c.spec #>> '{rendition,name}' or exists (
              select 1 from jsonb_array_elements(c.spec -> 'audio') a where a ->> 'track' = s.track)
            when 'storyboard' then s.track = c.spec #>> '{rendition,name}'
            when 'measure-quality' then s.number = (c.spec ->> 'segment')::int and exists (
              select 1 from jsonb_array_elements(c.spec -> 'renditions') r where r ->> 'name' = s.track)
            else false end), '[]'::jsonb) as segments`;
