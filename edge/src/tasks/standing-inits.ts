import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';

const row = z.object({ job_id: z.string(), track: z.string(), sha256: z.string() });
export type StandingInit = z.infer<typeof row>;

/** The hash of the standing initialisation segment of every track of the jobs. */
export async function standingInits(ctx: Context, jobIds: string[]): Promise<StandingInit[]> {
  if (jobIds.length === 0) return [];
  return rowsOf(
    ctx.db,
    sql`
      select job_id, name as track, init_sha256 as sha256 from tracks
      where job_id in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(jobIds)}::jsonb))`,
    row,
  );
}
