import type { Log } from '../log.ts';
import { REFUSALS } from '../refusal.ts';
import { toRefusal } from '../to-refusal.ts';
import { toGraphqlError } from './graphql-error.ts';

/** Whether clients at this path read errors in GraphQL's shape. */
export function isGraphqlPath(path: string): boolean {
  return path === '/graphql' || path === '/query';
}

/** The answer to a request that never reached the engine: as REST's, in the shape of GraphQL. */
export function graphqlProblem(error: unknown, log: Log): Response {
  const refusal = toRefusal(error, log);
  const { status } = REFUSALS[refusal.code];
  const headers = new Headers({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  if (status === 401) headers.set('www-authenticate', 'Bearer');
  if (refusal.retryAfterSeconds !== null) headers.set('retry-after', String(refusal.retryAfterSeconds));
  const { message, extensions } = toGraphqlError(refusal, { log, hideSchema: true });
  return new Response(JSON.stringify({ errors: [{ message, extensions }] }), { status, headers });
}
