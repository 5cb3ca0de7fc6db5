import type { Presentation } from '@millrace/shared/manifest/presentation.ts';
import { jobPlan } from '@millrace/shared/media/plan.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';

const segment = z.object({
  number: z.number(),
  length: z.number(),
  sizeBytes: z.number(),
  keyBytes: z.number(),
});

const row = z.object({
  plan: jobPlan,
  tracks: z.array(z.object({ name: z.string(), codecs: z.string(), segments: z.array(segment) })),
  files: z.array(z.object({ name: z.string(), key: z.string(), sizeBytes: z.number() })),
});

export interface LoadedPresentation extends Presentation {
  /** Keys of the files that are stored, by name. */
  fileKeys: ReadonlyMap<string, string>;
}

/** Everything a job's manifests are written from, in one statement. Null before the job is planned. */
export async function loadPresentation(
  ctx: Context,
  jobId: string,
  options: { complete: boolean },
): Promise<LoadedPresentation | null> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      select j.plan, coalesce((
        select jsonb_agg(jsonb_build_object('name', k.name, 'codecs', k.codecs, 'segments', coalesce((
          select jsonb_agg(jsonb_build_object('number', s.number, 'length', s.length, 'sizeBytes', s.size_bytes,
                                              'keyBytes', s.key_bytes) order by s.number)
          from segments s where s.job_id = j.id and s.track = k.name), '[]'::jsonb)))
        from tracks k where k.job_id = j.id), '[]'::jsonb) as tracks, coalesce((
        select jsonb_agg(jsonb_build_object('name', f.name, 'key', f.object_key, 'sizeBytes', f.size_bytes))
        from files f where f.job_id = j.id), '[]'::jsonb) as files
      from jobs j where j.id = ${jobId}::uuid and j.plan is not null`,
    row,
  );
  if (!found) return null;
  const { plan, tracks, files } = found;
  return {
    plan,
    tracks: new Map(tracks.map(({ name, ...track }) => [name, track])),
    files: new Map(files.map(({ name, sizeBytes }) => [name, sizeBytes])),
    fileKeys: new Map(files.map(({ name, key }) => [name, key])),
    complete: options.complete,
  };
}
