import { z } from '@hono/zod-openapi';
import { HTTPException } from 'hono/http-exception';
import { createLog, type Log } from '../log.ts';
import { problemJson } from '../problem-json.ts';
import { REFUSALS, Refusal, type RefusalCode } from '../refusal.ts';
import { toRefusal } from '../to-refusal.ts';

/** RFC 9457. */
export const problem = z
  .object({
    type: z.string().describe('A URI that names the kind of problem.'),
    title: z.string().describe('The kind of problem, for people.'),
    status: z.int().describe('The HTTP status, again.'),
    detail: z.string().describe('This occurrence, for people.'),
    code: z.string().describe('The kind of problem, for programs. Stable.'),
    errors: z
      .array(
        z.object({
          path: z.string().describe('Which part of the input, as a dotted path.'),
          message: z.string().describe('What is wrong with it.'),
        }),
      )
      .optional()
      .describe('With code `invalid_request`: everything that is wrong with the input.'),
  })
  .openapi('Problem');

/** The one place where failures become HTTP. Unknown ones are logged and tell nothing of the inside. */
export function problemFor(error: unknown, log: Log): Response {
  const refusal = toRefusal(error instanceof HTTPException ? fromFramework(error) : error, log);
  const { status } = REFUSALS[refusal.code];
  const headers = new Headers({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  // RFC 9110, 15.5.2: a 401 says how to come again.
  if (status === 401) headers.set('www-authenticate', 'Bearer');
  if (refusal.retryAfterSeconds !== null) headers.set('retry-after', String(refusal.retryAfterSeconds));
  return new Response(JSON.stringify(problemJson(refusal)), { status, headers });
}

/** The answer when not even the context could be built. */
export function internalProblem(error: unknown): Response {
  return problemFor(
    error,
    createLog(() => Date.now()),
  );
}

/** The responses of an operation that these refusals may end, for the OpenAPI document. */
export function refusedWith(...codes: RefusalCode[]) {
  const byStatus = new Map<number, RefusalCode[]>();
  for (const code of codes) {
    const { status } = REFUSALS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      {
        description: list.map((code) => `\`${code}\`: ${REFUSALS[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: problem } },
      },
    ]),
  );
}

/** Hono's validators throw these for bodies they cannot read. */
function fromFramework(error: HTTPException): Refusal {
  if (error.status === 415) {
    return new Refusal('unsupported_content_type', 'Send the body as application/json.', { cause: error });
  }
  if (error.status === 400) {
    return new Refusal('invalid_request', 'The body is not valid JSON.', { cause: error });
  }
  return new Refusal('internal', 'The request could not be answered. Try again.', { cause: error });
}
