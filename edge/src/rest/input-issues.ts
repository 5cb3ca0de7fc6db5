import type { z } from 'zod';
import { Refusal } from '../refusal.ts';

/** Issues shown at most: enough to mend the input, never a page of them. */
const MAX_ISSUES = 20;

/** What a schema found wrong with one part of a request (`json`, `query`, `param`), as a refusal. */
export function inputIssues(error: z.core.$ZodError, target: string): Refusal {
  const part = target === 'json' ? 'body' : target === 'param' ? 'path' : target;
  const issues = error.issues
    .flatMap((issue) => plain(issue))
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => ({ path: [part, ...path.map(String)].join('.'), message }));
  const first = issues[0];
  const detail = first ? `${first.path}: ${first.message}` : `The ${part} is not valid.`;
  return new Refusal('invalid_request', detail, { issues, cause: error });
}

interface PlainIssue {
  path: PropertyKey[];
  message: string;
}

/**
 * Of what a choice of several shapes says, the shape that the input came closest to: the one in which something deeper is
 * wrong than that it is of another kind.
 */
function plain(issue: z.core.$ZodIssue): PlainIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const branches = issue.errors.map((branch) => branch.flatMap((inner) => plain(inner)));
  const closest = branches.find((branch) => branch.some((inner) => inner.path.length > 0));
  if (!closest) return [issue];
  return closest.map((inner) => ({ path: [...issue.path, ...inner.path], message: inner.message }));
}
