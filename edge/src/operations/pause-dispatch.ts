import { sql } from 'drizzle-orm';
import { type Caller, requireOperator } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';
import type { PauseInput } from './pause-input.ts';
import { isOperators, type PauseRecord, pauseColumns, pauseRow } from './pause-record.ts';
import { codecOfTask, inForce } from './paused.ts';

/**
 * Holds back the tasks of a project or of all, or those of one codec: what runs goes on, nothing new begins. Pausing what
 * is paused changes the reason and the end. Refuses with `forbidden` what only the operator may do: to pause the
 * installation, and to change a pause of the operator's.
 */
export async function pauseDispatch(
  ctx: Context,
  { caller, pause }: { caller: Caller; pause: PauseInput },
): Promise<PauseRecord> {
  if (pause.scope === 'installation') requireOperator(caller);
  const expiresAt = pause.expires_at ?? null;
  requireFuture(ctx, expiresAt);
  const projectId = pause.scope === 'project' ? caller.projectId : null;
  const [paused] = await rowsOf(
    ctx.db,
    sql`
      with p as (
        insert into dispatch_pauses as p (id, project_id, codec, reason, actor, expires_at)
        select ${ctx.random.uuid()}::uuid, ${projectId}::text, ${pause.codec ?? null}::text, ${pause.reason}::text,
               ${caller.actor}::text, ${expiresAt}::timestamptz
        where ${projectId}::text is null or exists (select 1 from projects where id = ${projectId}::text)
        on conflict on constraint dispatch_pauses_scope do update
        set reason = excluded.reason, actor = excluded.actor, expires_at = excluded.expires_at,
            created_at = case when ${inForce} then p.created_at else now() end
        where ${caller.operator}::boolean or not ${inForce} or not ${isOperators}
        returning ${pauseColumns}
      ),
      -- A fleet that cannot do it is not to blame while it is not to be done.
      -- They are of many jobs: whoever has one of them is not waited for.
      explained as (
        select t.id from tasks t cross join p
        where t.state = 'ready' and t.waiting_since is not null
          and (p.project_id is null or p.project_id = t.project_id)
          and (p.codec is null or p.codec = ${codecOfTask})
        order by t.id for update of t skip locked
      ),
      unexplained as (
        update tasks t set waiting_reason = null, waiting_since = null
        from explained where t.id = explained.id
      )
      select ${pauseColumns} from p`,
    pauseRow,
  );
  if (!paused) {
    throw caller.operator
      ? new Refusal('project_not_found', 'There is no such project.')
      : new Refusal('forbidden', 'The operator has paused this, and nobody else changes it.');
  }
  ctx.log.warn('dispatch paused', {
    reason: paused.reason,
    ...(projectId !== null && { project_id: projectId }),
  });
  return paused;
}

function requireFuture(ctx: Context, expiresAt: string | null): void {
  if (expiresAt === null || Date.parse(expiresAt) > ctx.now()) return;
  const issue = { path: 'body.expires_at', message: 'must lie in the future' };
  throw new Refusal('invalid_request', `${issue.path}: ${issue.message}`, { issues: [issue] });
}
