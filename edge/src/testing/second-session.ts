import pg from 'pg';
import { expect } from 'vitest';
import type { Context } from '../context.ts';

/** A session of its own to the database of a test: holds locks that what is tested runs into. To be ended. */
export async function openSession(ctx: Context): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: ctx.config.databaseUrl });
  await client.connect();
  return client;
}

/** Waits until other sessions of the database wait for a lock, as many at least. */
export async function blocked(observer: pg.Client, sessions = 1): Promise<void> {
  await expect
    .poll(
      async () => {
        // Within a transaction the view stays as it was first seen.
        await observer.query('select pg_stat_clear_snapshot()');
        const { rows } = await observer.query(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rows.length;
      },
      { timeout: 10_000, interval: 20 },
    )
    .toBeGreaterThanOrEqual(sessions);
}
