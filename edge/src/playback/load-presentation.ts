import type { Presentation } from '@millrace/shared/manifest/presentation.ts';
import { jobPlan } from '@millrace/shared/media/plan.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';

const row = z.object({
  plan: jobPlan,
  tracks: z.array(
    z.object({
      name: z.string(),
      codecs: z.string(),
      segments: z.array(z.object({ number: z.number(), length: z.number(), sizeBytes: z.number() })),
    }),
  ),
});

/** Everything a job's manifests are written from, in one statement. Null before the job is planned. */
export async function loadPresentation(
  ctx: Context,
  jobId: string,
  options: { complete: boolean },
): Promise<Presentation | null> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      select j.plan, coalesce((
        select jsonb_agg(jsonb_build_object('name', k.name, 'codecs', k.codecs, 'segments', coalesce((
          select jsonb_agg(jsonb_build_object('number', s.number, 'length', s.length, 'sizeBytes', s.size_bytes)
                           order by s.number)
          from segments s where s.job_id = j.id and s.track = k.name), '[]'::jsonb)))
        from tracks k where k.job_id = j.id), '[]'::jsonb) as tracks
      from jobs j where j.id = ${jobId}::uuid and j.plan is not null`,
    row,
  );
  if (!found) return null;
  const tracks = new Map(found.tracks.map(({ name, ...track }) => [name, track]));
  return { plan: found.plan, tracks, complete: options.complete };
}
