import { type SQL, sql } from 'drizzle-orm';
import type { Claimer } from './claim-tasks.ts';

/** The statement part that notes workers' signs of life, and what they say of themselves. */
export function noteWorkers(workers: Claimer[]): SQL {
  return sql`
    insert into workers (id, machine_id, slots, free_slots, capabilities, version)
    select w.id, w."machineId", w.slots, w."freeSlots", w.capabilities, w.version
    from jsonb_to_recordset(${JSON.stringify(workers)}::jsonb) as w(
      id text, "machineId" text, slots int, "freeSlots" int, capabilities text[], version text)
    order by w.id
    on conflict (id) do update
    set last_seen_at = now(), slots = excluded.slots, free_slots = excluded.free_slots,
        capabilities = excluded.capabilities`;
}
