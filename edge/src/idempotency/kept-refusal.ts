import { z } from 'zod';
import { problemJson } from '../problem-json.ts';
import { REFUSALS, Refusal, type RefusalCode } from '../refusal.ts';
import type { StoredAnswer } from './claim-key.ts';

const PROBLEM = 'application/problem+json';

const kept = z.object({
  code: z.custom<RefusalCode>((value) => typeof value === 'string' && Object.hasOwn(REFUSALS, value)),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).default([]),
});

/** A refusal as it is kept for repetitions, whatever the door: the problem document of REST. */
export function keptRefusal(refusal: Refusal): StoredAnswer {
  return {
    status: REFUSALS[refusal.code].status,
    headers: { 'content-type': PROBLEM },
    body: JSON.stringify(problemJson(refusal)),
  };
}

/** The refusal that was kept, for the doors that say it in another way; null when the answer is none. */
export function refusalIn({ headers, body }: StoredAnswer): Refusal | null {
  if (headers['content-type'] !== PROBLEM) return null;
  const { code, detail, errors } = kept.parse(JSON.parse(body));
  return new Refusal(code, detail, { issues: errors });
}

/** What a repetition is told when what the first request made is gone. */
export function erased(code: 'job_not_found' | 'upload_not_found'): Refusal {
  return new Refusal(code, 'What the first request with this key made was erased.');
}
