import type { OpenSpan } from '@millrace/shared/trace/trace.ts';
import { createMiddleware } from 'hono/factory';
import { isGraphqlPath } from '../graphql/graphql-problem.ts';
import { atTrace } from '../tracing/traced.ts';
import type { RestEnv } from './rest-env.ts';
import { routeOf } from './route-of.ts';

/** Takes the caller's trace or begins one, and names it in the answer, beside how the caller stands with its rate. */
export const carryTrace = createMiddleware<RestEnv>(async (c, next) => {
  const { context } = c.env;
  const { method } = c.req;
  const given = c.req.header('traceparent') ?? null;
  const span = begins(method) ? context.tracing.begin(given).begin(method, { kind: 'server' }) : null;
  const place = span?.trace ?? context.tracing.pass(given);
  const { traceparent } = place;
  c.env = { ...c.env, context: atTrace(context, place, { request_id: c.get('requestId') }) };
  c.set('traceparent', traceparent ?? '');
  c.set('origin', context.config.publicUrl ?? new URL(c.req.url).origin);
  await next();
  c.header('traceparent', traceparent ?? '');
  c.header('x-content-type-options', 'nosniff');
  // Answers hold links that open what they name: no cache that others share may keep them.
  if (!c.res.headers.has('cache-control')) c.header('cache-control', 'private, no-cache');
  for (const [name, value] of Object.entries(c.get('rateHeaders') ?? {})) c.header(name, value);
  // Anybody may send requests and say that they are sampled. What is not kept is not ended, and so never sent.
  if (!span || !c.get('isTraceKept')) return;
  end(span, { method, route: routeOf(c), status: c.res.status, requestId: c.get('requestId') });
});

/** Comes where a caller was let in, within its rate. GraphQL keeps its own: it knows what changes something. */
export const keepTrace = createMiddleware<RestEnv>(async (c, next) => {
  if (c.get('caller') && !isGraphqlPath(c.req.path)) c.set('isTraceKept', true);
  await next();
});

/** What only reads is no span: it would be most of what is recorded, and streams have no end. */
function begins(method: string): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method);
}

interface Answered {
  method: string;
  route: string | null;
  status: number;
  requestId: string;
}

function end(span: OpenSpan, { method, route, status, requestId }: Answered): void {
  if (route !== null) span.rename(`${method} ${route}`);
  span.set({
    'http.request.method': method,
    'http.response.status_code': status,
    'millrace.request_id': requestId,
    ...(route === null ? {} : { 'http.route': route }),
  });
  span.end(status >= 500 ? `answered ${status}` : undefined);
}
