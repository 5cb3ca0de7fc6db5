import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { isPassingStatus } from '../idempotency/settle-answer.ts';
import { countOperation } from '../metrics/graphql-metrics.ts';
import { Refusal } from '../refusal.ts';
import type { RestEnv } from '../rest/rest-env.ts';
import { atTrace } from '../tracing/traced.ts';
import { createGraphqlServer, type GraphqlServer } from './graphql-server.ts';
import { newLoaders } from './loaders.ts';

/** A completion names up to 10,000 parts. */
const MAX_BODY_BYTES = 4 * 1024 ** 2;

/** The GraphQL door: hands over to the engine, which is made when somebody first comes. */
export function graphql(): Hono<RestEnv> {
  const app = new Hono<RestEnv>();
  let server: GraphqlServer | null = null;

  app.on(['GET', 'POST'], ['/graphql', '/query'], limitBody, async (c) => {
    const { context, counters } = c.env;
    requireNoSimpleRequest(c.req.raw);
    server ??= createGraphqlServer({ introspection: context.config.graphqlIntrospection });
    const caller = c.get('caller');
    // Streams are not kept either, nor are spans of theirs gathered: they have no end to wait for. What only reads is not
    // recorded at all.
    const isStream = (c.req.header('accept') ?? '').includes('text/event-stream');
    if (isStream) c.set('isPassing', true);
    const ctx = atTrace(context, context.tracing.pass(c.get('traceparent')));
    let isSecret = false;
    const answer = await server.answer(c.req.raw, {
      ctx,
      caller,
      headers: c.req.raw.headers,
      origin: c.get('origin'),
      traceparent: c.get('traceparent'),
      requestId: c.get('requestId'),
      signal: c.req.raw.signal,
      loaders: newLoaders(ctx, caller.projectId),
      onSecret: () => {
        isSecret = true;
      },
      onErrors: (statuses) => {
        if (statuses.some(isPassingStatus)) c.set('isPassing', true);
      },
      keepTrace: () => {
        c.set('isTraceKept', true);
        return isStream ? {} : { ctx: context, loaders: newLoaders(context, caller.projectId) };
      },
      onStream: () => c.set('isPassing', true),
      measure: (record) => ctx.waitUntil(counters.add(countOperation(record))),
    });
    return isSecret ? notStored(answer) : answer;
  });
  return app;
}

/** Nobody on the way keeps it, and `idempotency` does not either: a repetition makes the same secret again. */
function notStored(answer: Response): Response {
  const marked = new Response(answer.body, answer);
  marked.headers.set('cache-control', 'no-store');
  return marked;
}

/**
 * Any page of the web may have a browser send forms and plain text here, and browsers ask nobody before they do. JSON
 * they send only where that page is allowed to.
 */
function requireNoSimpleRequest(request: Request): void {
  if (request.method !== 'POST') return;
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json' || type === 'application/graphql-response+json') return;
  throw new Refusal('unsupported_content_type', 'Send the query as application/json.');
}

const limitBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new Refusal('body_too_large', `The body may have at most ${MAX_BODY_BYTES} bytes.`);
  },
});
