import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Caller, requireOperator } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import type { Place } from '../page-cursor.ts';
import { nextCursor, placeOf } from '../webhooks/list-page.ts';
import {
  DEAD_LETTER_KINDS,
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterKind,
} from './dead-letter.ts';

/** A nudge that the queue has not taken by then is told of. */
const NOT_SENT_SECONDS = 120;

export interface ListDeadLetters {
  caller: Caller;
  filter: DeadLetterFilter;
  /** Null for all. */
  ids: readonly string[] | null;
  limit: number;
  /** From the page before. */
  cursor: string | null;
}

const row = z.object({
  kind: z.enum(DEAD_LETTER_KINDS),
  id: z.uuid(),
  project_id: z.string(),
  job_id: z.uuid().nullable(),
  webhook_id: z.uuid().nullable(),
  reason_code: z.string(),
  message: z.string().nullable(),
  attempts: z.int(),
  died_at: z.coerce.date().transform((value) => value.toISOString()),
  place: z.uuid(),
});

/**
 * What was given up on, the latest first, one page: see `DEAD_LETTER_KINDS`. Refuses with `forbidden` to show anybody
 * but the operator those of the installation.
 */
export async function listDeadLetters(
  ctx: Context,
  list: ListDeadLetters,
): Promise<{ letters: DeadLetter[]; nextCursor: string | null }> {
  const { filter, caller, limit } = list;
  if (filter.scope === 'installation') requireOperator(caller);
  const name = `dead letters ${caller.projectId} ${JSON.stringify(filter)}`;
  const place = placeOf(name, list.cursor);
  const kinds = filter.kind === undefined ? DEAD_LETTER_KINDS : [filter.kind];
  const rows = await rowsOf(
    ctx.db,
    sql`
      select * from (${sql.join(
        // Each of them along its own index, and no further than one page.
        kinds.map(
          (kind) => sql`(select * from (${lettersOf(kind, list, place)}) of_kind limit ${limit + 1})`,
        ),
        sql` union all `,
      )}) letters
      order by died_at desc, place desc limit ${limit + 1}`,
    row,
  );
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    letters: page.map(toLetter),
    nextCursor: nextCursor(name, last && { at: last.died_at, id: last.place }),
  };
}

function lettersOf(kind: DeadLetterKind, list: ListDeadLetters, place: Place | null): SQL {
  switch (kind) {
    case 'task':
      // One that fails for good takes its job with it.
      return sql`
        select 'task' as kind, coalesce(t.id, j.id) as id, j.project_id, j.id as job_id, null::uuid as webhook_id,
               coalesce(j.failure_code, 'unknown') as reason_code, j.failure_message as message,
               coalesce(t.attempt, 0) as attempts,
               j.finished_at as died_at, j.id as place
        from jobs j left join lateral (
          select id, attempt from tasks where job_id = j.id and state = 'failed' order by finished_at, id limit 1
        ) t on true
        where j.status = 'failed' and ${among(list, place, {
          ...{ project: sql`j.project_id`, reason: sql`j.failure_code` },
          isOneOf: (ids) => sql`j.id in (select job_id from tasks where id = any (${ids}))`,
          ...{ time: sql`j.finished_at`, place: sql`j.id` },
        })}
        order by j.finished_at desc, j.id desc`;
    case 'delivery':
      return sql`
        select 'delivery' as kind, d.id, d.project_id, d.job_id, d.webhook_id,
               coalesce(d.attempts -> -1 ->> 'error', 'unknown') as reason_code,
               d.attempts -> -1 ->> 'answer' as message, jsonb_array_length(d.attempts) as attempts,
               d.ended_at as died_at, d.id as place
        from webhook_deliveries d
        where d.state = 'failed' and ${among(list, place, {
          ...{ project: sql`d.project_id`, reason: sql`d.attempts -> -1 ->> 'error'` },
          isOneOf: (ids) => sql`d.id = any (${ids})`,
          ...{ time: sql`d.ended_at`, place: sql`d.id` },
        })}
          and ${isLastTry}
        order by d.ended_at desc, d.id desc`;
    case 'nudge':
      return sql`
        select 'nudge' as kind, o.name as id, t.project_id, t.job_id, null::uuid as webhook_id,
               'not_sent' as reason_code, null::text as message, 0 as attempts,
               o.created_at as died_at, o.name as place
        from (select *, ${nudgeName(sql`id`)} as name from outbox) o join tasks t on t.id = o.task_id
        where o.created_at < now() - ${NOT_SENT_SECONDS}::int * interval '1 second' and ${among(list, place, {
          ...{ project: sql`t.project_id`, reason: sql`'not_sent'` },
          isOneOf: (ids) => sql`o.name = any (${ids})`,
          ...{ time: sql`o.created_at`, place: sql`o.name` },
        })}
        order by o.created_at desc, o.name desc`;
    default:
      return kind satisfies never;
  }
}

/** Condition over a failed delivery `d`: it was not delivered since, or tried again; then that is what counts. */
export const isLastTry = sql`not exists (
  select 1 from webhook_deliveries later
  where later.webhook_id = d.webhook_id and later.occurred_at = d.occurred_at
    and later.event_id = d.event_id and later.id <> d.id
    and (later.state <> 'failed' or later.ended_at > d.ended_at))`;

/** Nudges are numbered; as a dead letter each has a UUID (of version 8: our own) like the others. */
export function nudgeName(id: SQL): SQL {
  return sql`('00000000-0000-8000-8000-' || lpad(to_hex(${id}), 12, '0'))::uuid`;
}

interface Columns {
  project: SQL;
  /** Condition over ids, an array of UUIDs. */
  isOneOf(ids: SQL): SQL;
  reason: SQL;
  time: SQL;
  place: SQL;
}

/** Condition: the row is one that is asked for. */
function among({ caller, filter, ids }: ListDeadLetters, place: Place | null, column: Columns): SQL {
  const { scope = 'project', reason_code, died_after, died_before } = filter;
  const conditions = [
    scope === 'project' ? sql`${column.project} = ${caller.projectId}` : null,
    ids ? column.isOneOf(sql`${sql.param([...ids])}::uuid[]`) : null,
    reason_code === undefined ? null : sql`${column.reason} = ${reason_code}::text`,
    died_after === undefined ? null : sql`${column.time} >= ${died_after}::timestamptz`,
    died_before === undefined ? null : sql`${column.time} < ${died_before}::timestamptz`,
    place ? sql`(${column.time}, ${column.place}) < (${place.at}::timestamptz, ${place.id}::uuid)` : null,
  ].filter((condition) => condition !== null);
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

function toLetter(found: z.infer<typeof row>): DeadLetter {
  return {
    kind: found.kind,
    id: found.id,
    projectId: found.project_id,
    jobId: found.job_id,
    webhookId: found.webhook_id,
    reasonCode: found.reason_code,
    message: found.message,
    attempts: found.attempts,
    diedAt: found.died_at,
  };
}
