import { type SQL, sql } from 'drizzle-orm';
import { REFUSALS } from '../refusal.ts';

/**
 * CTE `blanked`: stored answers of a project that name one of the rows `gone`, which are kept for repetitions of their
 * requests, tell no more than that it is gone. The key itself stays: a repetition must not make the thing again.
 */
export function blankAnswers(projectId: string, code: 'job_not_found' | 'upload_not_found'): SQL {
  const { status, title } = REFUSALS[code];
  const body = {
    type: `urn:millrace:problem:${code}`,
    title,
    status,
    detail: 'What the first request with this key made was erased.',
    code,
  };
  return sql`
    blanked as (
      update idempotency_keys k
      set status = ${status}, headers = '{"content-type": "application/problem+json"}'::jsonb,
          body = ${JSON.stringify(body)}::text
      where k.project_id = ${projectId} and exists (select 1 from gone where position(gone.id::text in k.body) > 0)
    )`;
}
