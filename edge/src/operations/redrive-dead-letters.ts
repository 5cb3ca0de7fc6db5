import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { deliverSoon, relaySoon } from '../dispatch/send-soon.ts';
import { retryJob } from '../jobs/retry-job.ts';
import { Refusal, type RefusalCode } from '../refusal.ts';
import { refreshStatus } from '../status/refresh-status.ts';
import type { DeadLetter } from './dead-letter.ts';
import { type ListDeadLetters, listDeadLetters, nudgeName } from './list-dead-letters.ts';

export interface Redriven {
  redriven: DeadLetter[];
  /** Those that stay, and why. */
  refused: { letter: DeadLetter; code: RefusalCode }[];
  /** Opens what is left behind these; null when nothing is. */
  nextCursor: string | null;
}

/**
 * Takes up again what was given up on: a task with its job, as `retryJob` does; a delivery from the beginning of its
 * schedule; a nudge at once. What is taken up is no dead letter any more, so doing it twice does it once. Refuses as
 * `listDeadLetters` does.
 */
export async function redriveDeadLetters(ctx: Context, list: ListDeadLetters): Promise<Redriven> {
  const { letters, nextCursor } = await listDeadLetters(ctx, list);
  const of = (kind: DeadLetter['kind']) => letters.filter((letter) => letter.kind === kind);
  const refusals = new Map<DeadLetter, RefusalCode>();
  const refuse: Refuse = (letter, code) => void refusals.set(letter, code);
  await Promise.all([
    retryJobs(ctx, of('task'), list.caller.actor, refuse),
    deliverAgain(ctx, of('delivery'), refuse),
    sendAgain(ctx, of('nudge')),
  ]);
  const redriven = letters.filter((letter) => !refusals.has(letter));
  if (redriven.length > 0) ctx.waitUntil(Promise.all([relaySoon(ctx), deliverSoon(ctx)]));
  return { redriven, refused: [...refusals].map(([letter, code]) => ({ letter, code })), nextCursor };
}

type Refuse = (letter: DeadLetter, code: RefusalCode) => void;

async function retryJobs(ctx: Context, letters: DeadLetter[], actor: string, refuse: Refuse): Promise<void> {
  const retried = await Promise.all(
    letters.map(async (letter) => {
      const { projectId, jobId } = letter;
      if (jobId === null) return null;
      try {
        await retryJob(ctx, { projectId, jobId, actor });
        return jobId;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refuse(letter, error.code);
        return null;
      }
    }),
  );
  const jobIds = retried.filter((jobId) => jobId !== null);
  if (jobIds.length > 0) await refreshStatus(ctx, jobIds);
}

/**
 * A new delivery of the same event, as `replayDelivery` makes it, but of a name that the dead one gives it: two who drive
 * it at once make one.
 */
async function deliverAgain(ctx: Context, letters: DeadLetter[], refuse: Refuse): Promise<void> {
  if (letters.length === 0) return;
  const ids = letters.map((letter) => letter.id);
  const again = await rowsOf(
    ctx.db,
    sql`
      with wanted as (
        select d.*, ${successorOf(sql`d.id`)} as new_id
        from webhook_deliveries d join webhooks w on w.id = d.webhook_id
        where d.id = any (${sql.param(ids)}::uuid[]) and w.status = 'enabled'
        for key share of w
      ),
      made as (
        insert into webhook_deliveries
          (id, webhook_id, project_id, event_id, type, job_id, upload_id, data, occurred_at)
        select new_id, webhook_id, project_id, event_id, type, job_id, upload_id, data, occurred_at from wanted
        on conflict (id) do nothing
      )
      select id from wanted`,
    z.object({ id: z.uuid() }),
  );
  const driven = new Set(again.map(({ id }) => id));
  for (const letter of letters) if (!driven.has(letter.id)) refuse(letter, 'webhook_disabled');
}

/** A UUID of version 8 that the id alone decides. */
function successorOf(id: SQL): SQL {
  return sql`overlay(overlay(md5('again ' || ${id}) placing '8' from 13) placing '8' from 17)::uuid`;
}

async function sendAgain(ctx: Context, letters: DeadLetter[]): Promise<void> {
  if (letters.length === 0) return;
  const names = sql.param(letters.map((letter) => letter.id));
  await ctx.db.execute(sql`
    update outbox set claimed_until = now()
    where claimed_until > now() and ${nudgeName(sql`id`)} = any (${names}::uuid[])`);
}
