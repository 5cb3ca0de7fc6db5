import { WORKER_GONE_MS } from '@millrace/shared/task/lease-rules.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { isPaused } from '../operations/paused.ts';
import { milliseconds } from '../tasks/transition.ts';

/** What falls due sooner is waited for awake. */
const SOON_SECONDS = 300;
/** The longest rest: what was missed in spite of all is found then. */
const REST_SECONDS = 3_600;

const row = z.object({ seconds: z.number().nullable() });

/**
 * Until when there is nothing to do, in milliseconds since the epoch; null when something is due soon. Live workers are
 * then taken for alive until that time, since nobody writes down their signs of life.
 */
export async function restUntil(ctx: Context): Promise<number | null> {
  const [next] = await rowsOf(
    ctx.db,
    sql`
      with due as (
        select extract(epoch from least(
          -- Asked apart, for each has an index of its own.
          (select min(lease_expires_at) from tasks where state = 'running'),
          (select min(t.run_after) from tasks t where t.state = 'ready' and (t.kind = 'publish' or not ${isPaused})),
          (select min(expires_at) from dispatch_pauses),
          (select min(claimed_until) from outbox),
          (select min(expires_at) from uploads where status = 'pending'),
          (select min(run_after) from erasures),
          (select min(due_at) from webhook_deliveries where state = 'pending'),
          (select min(erasing_since) from projects where erasing_since is not null),
          now() + ${REST_SECONDS}::int * interval '1 second'
        ) - now())::float8 as seconds
      ),
      presumed as (
        update workers set last_seen_at = now() + due.seconds * interval '1 second'
        from due
        where due.seconds > ${SOON_SECONDS}::int
          and last_seen_at > now() - ${milliseconds(WORKER_GONE_MS)}
      )
      select case when seconds > ${SOON_SECONDS}::int then seconds end as seconds from due`,
    row,
  );
  const seconds = next?.seconds ?? null;
  return seconds === null ? null : ctx.now() + seconds * 1000;
}
