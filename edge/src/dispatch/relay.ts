import { RELAY_CLAIM_MS } from '@millrace/shared/task/lease-rules.ts';
import type { OpenSpan } from '@millrace/shared/trace/trace.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { milliseconds } from '../tasks/transition.ts';
import { forMany } from '../tracing/traced.ts';

const BATCH = 100;
/** The queue holds a message back no longer. What is early is nudged again by `reap` when its time has come. */
const MAX_DELAY_SECONDS = 43_200;

const row = z.object({
  id: z.string(),
  task_id: z.string(),
  traceparent: z.string().nullable(),
  request_id: z.string().nullable(),
  delay_seconds: z.number(),
});

/**
 * Sends what the outbox holds: claim rows, send, delete. A relay that dies in between leaves its rows to the next one
 * after a while; a nudge that is sent twice does no harm. Returns how many were sent.
 */
export async function relayNudges(outer: Context): Promise<number> {
  const ctx = forMany(outer);
  const due = await rowsOf(
    ctx.db,
    sql`
      update outbox set claimed_until = now() + ${milliseconds(RELAY_CLAIM_MS)}
      where id in (
        select id from outbox where claimed_until <= now() order by claimed_until limit ${BATCH} for update skip locked
      )
      returning id::text, task_id, traceparent,
        (select j.request_id from tasks t join jobs j on j.id = t.job_id where t.id = outbox.task_id),
        least(${MAX_DELAY_SECONDS}::int, greatest(0, ceil(extract(epoch from due_at - now()))))::int as delay_seconds`,
    row,
  );
  if (due.length === 0) return 0;
  const spans = due.map((nudge) => beginSending(ctx, nudge));
  try {
    await ctx.nudges.sendBatch(
      due.map((nudge, i) => ({
        taskId: nudge.task_id,
        traceparent: spans[i]?.trace.traceparent ?? nudge.traceparent,
        requestId: nudge.request_id,
        delaySeconds: nudge.delay_seconds,
      })),
    );
    for (const span of spans) span.end();
  } catch (error) {
    for (const span of spans) span.end(error);
    throw error;
  }
  await ctx.db.execute(sql`
    delete from outbox where id in (
      select value::bigint from jsonb_array_elements_text(${JSON.stringify(due.map((nudge) => nudge.id))}::jsonb))`);
  return due.length;
}

/** The message names the span, so that whoever receives it hangs below. */
function beginSending(ctx: Context, nudge: z.infer<typeof row>): OpenSpan {
  return ctx.tracing.none.below(nudge.traceparent).begin('send nudge', {
    kind: 'producer',
    attributes: { 'messaging.operation.name': 'send', 'millrace.task_id': nudge.task_id },
  });
}
