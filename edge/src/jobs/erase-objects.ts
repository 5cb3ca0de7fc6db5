import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';

/** Prefixes handled by one pass. */
const BATCH = 5;
const AGAIN_AFTER_SECONDS = 60;

const row = z.object({ id: z.number(), prefix: z.string(), final: z.boolean() });

/**
 * Deletes the objects of erased jobs, a bounded number at each pass. A prefix stays on the list until it was found
 * empty after the last URL that could write below it has expired. Returns how many prefixes are done.
 */
export async function eraseObjects(ctx: Context): Promise<number> {
  const due = await rowsOf(
    ctx.db,
    sql`
      update erasures set run_after = now() + ${AGAIN_AFTER_SECONDS}::int * interval '1 second'
      where id in (
        select id from erasures where run_after <= now() order by run_after limit ${BATCH} for update skip locked)
      returning id::int, prefix, final_after <= now() as final`,
    row,
  );
  const emptied = await Promise.all(
    due.map(async (entry) => ({ ...entry, empty: await empty(ctx, entry.prefix) })),
  );
  const done = emptied.filter((entry) => entry.empty && entry.final).map((entry) => entry.id);
  const waiting = emptied.filter((entry) => entry.empty && !entry.final).map((entry) => entry.id);
  if (due.length > 0) {
    await ctx.db.execute(sql`
      with done as (delete from erasures where id in (${ids(done)}))
      update erasures set run_after = final_after where id in (${ids(waiting)})`);
  }
  return done.length;
}

/** Deletes what lies at a key, or one listing's worth below a prefix. True when nothing was left to delete. */
async function empty(ctx: Context, prefix: string): Promise<boolean> {
  const keys = prefix.endsWith('/') ? await ctx.storage.list(prefix) : [prefix];
  await Promise.all(keys.map((key) => ctx.storage.delete(key)));
  return !prefix.endsWith('/') || keys.length === 0;
}

function ids(list: number[]) {
  return sql`select value::bigint from jsonb_array_elements_text(${JSON.stringify(list)}::jsonb)`;
}
