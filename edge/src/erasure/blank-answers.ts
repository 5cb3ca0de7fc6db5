import { type SQL, sql } from 'drizzle-orm';
import { erased, keptRefusal } from '../idempotency/kept-refusal.ts';

/**
 * CTE `blanked`: stored answers of a project that name one of the rows `gone`, which are kept for repetitions of their
 * requests, tell no more than that it is gone; of an answer to a batch, only the entries that name it. The key itself
 * stays: a repetition must not make the thing again.
 */
export function blankAnswers(projectId: string, code: 'job_not_found' | 'upload_not_found'): SQL {
  const { status, headers, body } = keptRefusal(erased(code));
  const namesGone = sql`exists (select 1 from gone where position('"' || gone.id::text || '"' in entry) > 0)`;
  return sql`
    blanked as (
      update idempotency_keys k
      set status = case when k.entries is null then ${status}::smallint else k.status end,
          headers = case when k.entries is null then ${JSON.stringify(headers)}::jsonb else k.headers end,
          body = case when k.entries is null then ${body}::text end,
          entries = case when k.entries is not null then array(
            select case when ${namesGone} then k.erased_entry else entry end
            from unnest(k.entries) with ordinality as entries(entry, n) order by n) end
      where k.project_id = ${projectId} and k.ids && array(select id from gone)
    )`;
}
