import type { z } from 'zod';
import { Refusal } from '../refusal.ts';

/** Issues shown at most: enough to mend the input, never a page of them. */
const MAX_ISSUES = 20;

/** What a schema found wrong with one part of a request (`json`, `query`, `param`), as a refusal. */
export function inputIssues(error: z.core.$ZodError, target: string): Refusal {
  const part = target === 'json' ? 'body' : target === 'param' ? 'path' : target;
  const issues = error.issues.slice(0, MAX_ISSUES).map((issue) => ({
    path: [part, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }));
  const first = issues[0];
  const detail = first ? `${first.path}: ${first.message}` : `The ${part} is not valid.`;
  return new Refusal('invalid_request', detail, { issues, cause: error });
}
