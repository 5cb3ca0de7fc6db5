import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import type { Claimer } from './claim-tasks.ts';

const row = z.object({ ready: z.number() });

/** Notes which workers are alive. Returns how many tasks could be claimed now. */
export async function seeWorkers(ctx: Context, workers: Claimer[]): Promise<number> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      with seen as (
        insert into workers (id, machine_id, slots, free_slots, capabilities, version)
        select w.id, w."machineId", w.slots, w."freeSlots", w.capabilities, w.version
        from jsonb_to_recordset(${JSON.stringify(workers)}::jsonb) as w(
          id text, "machineId" text, slots int, "freeSlots" int, capabilities text[], version text)
        order by w.id
        on conflict (id) do update set last_seen_at = now(), free_slots = excluded.free_slots
      )
      select count(*)::int as ready from tasks where state = 'ready' and kind <> 'publish' and run_after <= now()`,
    row,
  );
  return found?.ready ?? 0;
}
