import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { warn } from '../log.ts';

/** Prefixes handled by one pass. */
const BATCH = 5;
/** Objects deleted by one pass below one prefix: a Worker may make only so many requests. */
const OBJECTS_AT_ONCE = 100;
const AGAIN_AFTER_SECONDS = 5;

const row = z.object({ id: z.string(), prefix: z.string(), final: z.boolean(), named: z.boolean() });

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
      returning id::text, prefix, final_after <= now() as final,
        exists (select 1 from jobs where jobs.source_key = prefix) as named`,
    row,
  );
  // A source that another job has come to read in the meantime stays.
  const kept = due.filter((entry) => entry.named);
  const emptied = await Promise.all(
    due
      .filter((entry) => !entry.named)
      .map(async (entry) => ({ ...entry, empty: await sweep(ctx, entry.prefix) })),
  );
  const done = [...kept, ...emptied.filter((entry) => entry.empty && entry.final)].map((entry) => entry.id);
  const waiting = emptied.filter((entry) => entry.empty && !entry.final).map((entry) => entry.id);
  if (due.length > 0) {
    await ctx.db.execute(sql`
      with done as (delete from erasures where id in (${ids(done)}))
      update erasures set run_after = final_after where id in (${ids(waiting)})`);
  }
  return done.length;
}

/**
 * Deletes what lies at a key, or some of what lies below a prefix. True when nothing was left to delete; storage that
 * refuses leaves the entry for a later pass.
 */
async function sweep(ctx: Context, prefix: string): Promise<boolean> {
  try {
    const keys = prefix.endsWith('/') ? (await ctx.storage.list(prefix)).slice(0, OBJECTS_AT_ONCE) : [prefix];
    await Promise.all(keys.map((key) => ctx.storage.delete(key)));
    return !prefix.endsWith('/') || keys.length === 0;
  } catch (error) {
    warn('objects could not be erased', { prefix, error: String(error) });
    return false;
  }
}

function ids(list: string[]) {
  return sql`select value::bigint from jsonb_array_elements_text(${JSON.stringify(list)}::jsonb)`;
}
