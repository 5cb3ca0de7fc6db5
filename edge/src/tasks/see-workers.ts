import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { isPaused } from '../operations/paused.ts';
import type { Claimer } from './claim-tasks.ts';
import { noteWorkers } from './note-workers.ts';

/** Every report asks, and the pause of a codec has to be looked for in what each task is. */
const LOOKED_AT = 1_000;

const row = z.object({ ready: z.number() });

/**
 * Notes which workers are alive, and no longer presumes it of others: see `restUntil`. Returns how many tasks could be
 * claimed now, of a thousand that are ready; 1 if all of those are paused, since there may be others.
 */
export async function seeWorkers(ctx: Context, workers: Claimer[]): Promise<number> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      with seen as (${noteWorkers(workers)}),
      presumed as (
        update workers set last_seen_at = now()
        where last_seen_at > now() and id <> all (${sql.param(workers.map((worker) => worker.id))}::text[])
      )
      select greatest(count(*) filter (where not is_paused), (count(*) = ${LOOKED_AT}::int)::int)::int as ready
      from (
        select ${isPaused} as is_paused from tasks t
        where t.state = 'ready' and t.kind <> 'publish' and t.run_after <= now() limit ${LOOKED_AT}::int
      ) looked_at`,
    row,
  );
  return found?.ready ?? 0;
}
