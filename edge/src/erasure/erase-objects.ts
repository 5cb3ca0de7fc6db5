import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { forMany } from '../tracing/traced.ts';
import { isRead } from './reads-upload.ts';
import { settleErasures } from './settle-erasures.ts';

/** Prefixes handled by one pass: a Worker may make only so many requests. */
const BATCH = 50;
/** `list` gives no more: where it gives as many, there may be others. */
const LISTED_AT_ONCE = 1_000;
const AGAIN_AFTER_SECONDS = 5;

const row = z.object({ id: z.string(), prefix: z.string(), final: z.boolean(), named: z.boolean() });

/**
 * Deletes the objects of what was erased, a bounded number at each pass. A prefix stays on the list until nothing was
 * left below it after the last URL that could write there has expired. Returns how many prefixes are done.
 */
export async function eraseObjects(outer: Context): Promise<number> {
  const ctx = forMany(outer);
  const due = await rowsOf(
    ctx.db,
    sql`
      update erasures set run_after = now() + ${AGAIN_AFTER_SECONDS}::int * interval '1 second'
      where id in (
        select id from erasures where run_after <= now() order by run_after limit ${BATCH} for update skip locked)
      returning id::text, prefix, final_after <= now() as final,
        ${isRead(sql`prefix`)} as named`,
    row,
  );
  // A source, or a subtitle file, that another job has come to read in the meantime stays.
  const kept = due.filter((entry) => entry.named);
  const swept = await Promise.all(
    due
      .filter((entry) => !entry.named)
      .map(async (entry) => ({ ...entry, empty: await sweep(ctx, entry.prefix) })),
  );
  const empty = swept.filter((entry) => entry.empty);
  const done = [...kept, ...empty.filter((entry) => entry.final)].map((entry) => entry.id);
  const emptied = empty.filter((entry) => !entry.final).map((entry) => entry.id);
  if (done.length + emptied.length > 0) await settleErasures(ctx, { done, emptied });
  return done.length;
}

/**
 * Deletes what lies at a key, or some of what lies below a prefix. True when nothing is left; storage that refuses
 * leaves the entry for a later pass.
 */
async function sweep(ctx: Context, prefix: string): Promise<boolean> {
  try {
    if (!prefix.endsWith('/')) {
      await ctx.storage.delete(prefix);
      return true;
    }
    const keys = await ctx.storage.list(prefix);
    const deleted = await ctx.storage.deleteMany(keys);
    return deleted === keys.length && keys.length < LISTED_AT_ONCE;
  } catch (error) {
    ctx.log.warn('objects could not be erased', { object_prefix: prefix, err: error });
    return false;
  }
}
