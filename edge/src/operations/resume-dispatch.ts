import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Caller } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { relaySoon } from '../dispatch/send-soon.ts';
import { Refusal } from '../refusal.ts';
import { nudgeReady } from '../tasks/transition.ts';
import { isOperators, type PauseRecord, pauseColumns, pauseRow } from './pause-record.ts';
import { codecOfTask, inForce } from './paused.ts';

const row = z.object({ pause: z.json(), may_end: z.boolean(), ended: z.boolean() });

/**
 * Ends a pause, and nudges at once what it held back and nothing else does. Refuses with `pause_not_found`, and with
 * `forbidden` to end one of the operator's.
 */
export async function resumeDispatch(
  ctx: Context,
  { caller, pauseId }: { caller: Caller; pauseId: string },
): Promise<PauseRecord> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      with found as (
        select p.*, (${caller.operator}::boolean or not ${isOperators}) as may_end from dispatch_pauses p
        where p.id = ${pauseId}::uuid and ${inForce}
          and (${caller.operator}::boolean or p.project_id = ${caller.projectId})
      ),
      ended as (
        delete from dispatch_pauses p using found
        where p.id = found.id and found.may_end
        returning p.*
      ),
      freed as (
        select t.id, t.job_id, t.kind, t.state, t.rank, t.run_after
        from tasks t join ended on (ended.project_id is null or ended.project_id = t.project_id)
          and (ended.codec is null or ended.codec = ${codecOfTask})
        where t.state = 'ready' and t.kind <> 'publish' and t.run_after <= now()
          -- What was deleted by this statement is still there for it.
          and not exists (
            select 1 from dispatch_pauses p
            where p.id <> ended.id and ${inForce} and (p.project_id is null or p.project_id = t.project_id)
              and (p.codec is null or p.codec = ${codecOfTask}))
      ),
      nudged as (${nudgeReady(sql`freed`)})
      select (select to_jsonb(p) from (select ${pauseColumns} from found p) p) as pause,
             may_end, exists (select 1 from ended) as ended
      from found`,
    row,
  );
  if (found && !found.may_end)
    throw new Refusal('forbidden', 'The operator has paused this, and nobody else ends it.');
  // Somebody else may just have ended it.
  if (!found?.ended) throw new Refusal('pause_not_found', `There is no pause ${pauseId}.`);
  const ended = pauseRow.parse(found.pause);
  ctx.log.warn('dispatch resumed', ended.projectId === null ? {} : { project_id: ended.projectId });
  ctx.waitUntil(relaySoon(ctx));
  return ended;
}
