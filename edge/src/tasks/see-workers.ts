import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { isPaused } from '../operations/paused.ts';
import type { Claimer } from './claim-tasks.ts';
import { noteWorkers } from './note-workers.ts';

const row = z.object({ ready: z.number() });

/** Notes which workers are alive, and no longer presumes it of others: see `restUntil`. Returns how many tasks could be claimed now. */
export async function seeWorkers(ctx: Context, workers: Claimer[]): Promise<number> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      with seen as (${noteWorkers(workers)}),
      presumed as (
        update workers set last_seen_at = now()
        where last_seen_at > now() and id <> all (${sql.param(workers.map((worker) => worker.id))}::text[])
      )
      select count(*)::int as ready from tasks t
      where t.state = 'ready' and t.kind <> 'publish' and t.run_after <= now() and not ${isPaused}`,
    row,
  );
  return found?.ready ?? 0;
}
