import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';

/** One immutable object of a job's playback. */
export type MediaRef =
  | { kind: 'init'; track: string }
  | { kind: 'segment'; track: string; number: number }
  /** What a task stored, by its object name: "720p.mp4", "subs-0/00000.vtt". */
  | { kind: 'file'; name: string };

const row = z.object({ key: z.string() });

/** The key that the job's rows name for it; null when there is none. */
export async function findMedia(ctx: Context, jobId: string, ref: MediaRef): Promise<string | null> {
  const [found] = await rowsOf(ctx.db, keyStatement(jobId, ref), row);
  return found?.key ?? null;
}

function keyStatement(jobId: string, ref: MediaRef): SQL {
  switch (ref.kind) {
    case 'init':
      return sql`select init_key as key from tracks where job_id = ${jobId}::uuid and name = ${ref.track}`;
    case 'segment':
      return sql`
        select object_key as key from segments
        where job_id = ${jobId}::uuid and track = ${ref.track} and number = ${ref.number}::int`;
    case 'file':
      return sql`select object_key as key from files where job_id = ${jobId}::uuid and name = ${ref.name}`;
    default:
      return ref satisfies never;
  }
}
