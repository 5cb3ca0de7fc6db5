import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { deliverSoon, relaySoon } from '../dispatch/send-soon.ts';
import { retryJob } from '../jobs/retry-job.ts';
import { attempted } from '../log.ts';
import type { RefusalCode } from '../refusal.ts';
import { refreshStatus } from '../status/refresh-status.ts';
import { toRefusal } from '../to-refusal.ts';
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
    refusedOnError(ctx, of('delivery'), refuse, (of) => deliverAgain(ctx, of, refuse)),
    refusedOnError(ctx, of('nudge'), refuse, (of) => sendAgain(ctx, of)),
  ]);
  const redriven = letters.filter((letter) => !refusals.has(letter));
  if (redriven.length > 0) ctx.waitUntil(Promise.all([relaySoon(ctx), deliverSoon(ctx)]));
  return { redriven, refused: [...refusals].map(([letter, code]) => ({ letter, code })), nextCursor };
}

type Refuse = (letter: DeadLetter, code: RefusalCode) => void;

/** Each is a transaction of its own: the database's connections are not for these alone. */
const RETRIED_AT_ONCE = 5;

async function retryJobs(ctx: Context, letters: DeadLetter[], actor: string, refuse: Refuse): Promise<void> {
  const retried: string[] = [];
  const retry = async ({ projectId, jobId }: DeadLetter) => {
    if (jobId === null) return;
    await retryJob(ctx, { projectId, jobId, actor });
    retried.push(jobId);
  };
  for (let first = 0; first < letters.length; first += RETRIED_AT_ONCE) {
    const group = letters.slice(first, first + RETRIED_AT_ONCE);
    await Promise.all(group.map((letter) => refusedOnError(ctx, [letter], refuse, () => retry(letter))));
  }
  if (retried.length > 0) await attempted(ctx, 'refresh the status', refreshStatus(ctx, retried));
}

/** What went wrong with some is told of them: what was taken up beside them is under way, and goes on. */
async function refusedOnError(
  ctx: Context,
  letters: DeadLetter[],
  refuse: Refuse,
  drive: (letters: DeadLetter[]) => Promise<void>,
): Promise<void> {
  try {
    await drive(letters);
  } catch (error) {
    const { code } = toRefusal(error, ctx.log);
    for (const letter of letters) refuse(letter, code);
  }
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
