import { OpenAPIHono } from '@hono/zod-openapi';
import { cors } from 'hono/cors';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import { Refusal } from '../refusal.ts';
import { downloads } from './downloads.ts';
import { health } from './health.ts';
import { inputIssues } from './input-issues.ts';
import { jobs } from './jobs.ts';
import { measureRequests } from './measure-requests.ts';
import { metrics } from './metrics.ts';
import { playback } from './playback.ts';
import { problemFor } from './problem.ts';
import { requireAccess } from './require-access.ts';
import type { RestEnv } from './rest-env.ts';
import { carryTrace } from './trace.ts';
import { uploads } from './uploads.ts';

export const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Millrace',
    version: '1',
    description:
      'Turns an uploaded video into HLS and MP4 renditions. Errors are RFC 9457 problem documents.',
  },
};

/** The REST door: one file per resource, one handler per operation, each of which calls one use case. */
export function createRest(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>({
    defaultHook: (result) => {
      if (!result.success) throw inputIssues(result.error, result.target);
    },
  });

  app.onError((error, c) => problemFor(error, c.get('requestId') ?? null));
  app.notFound((c) => problemFor(new Refusal('route_not_found', `There is nothing at ${c.req.path}.`), null));

  app.use(
    requestId({ limitLength: 128, generator: (c) => c.env.context.random.uuid() }),
    carryTrace,
    measureRequests,
    cors({
      origin: '*',
      allowMethods: ['GET', 'HEAD', 'POST', 'DELETE'],
      exposeHeaders: ['Location', 'Retry-After', 'X-Request-Id', 'traceparent', 'ETag', 'Content-Range'],
      maxAge: 86_400,
    }),
    methodNotAllowed({ app, onMethodNotAllowed: refuseMethod }),
    requireAccess,
  );

  app.route('/', health());
  app.route('/', metrics());
  app.route('/', uploads());
  app.route('/', jobs());
  app.route('/', downloads());
  app.route('/', playback());

  app.doc31('/openapi.json', OPENAPI);
  return app;
}

function refuseMethod(c: { req: { method: string; path: string } }, methods: string[]): Response {
  const allow = methods.sort().join(', ');
  const response = problemFor(
    new Refusal('method_not_allowed', `${c.req.path} knows ${allow}, not ${c.req.method}.`),
    null,
  );
  response.headers.set('allow', allow);
  return response;
}
