import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { cors } from 'hono/cors';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import { graphiql } from '../graphql/graphiql-page.ts';
import { graphql } from '../graphql/graphql-door.ts';
import { graphqlProblem, isGraphqlPath } from '../graphql/graphql-problem.ts';
import { Refusal } from '../refusal.ts';
import { jobRpc } from '../rpc/job-door.ts';
import { docs } from './docs.ts';
import { downloads } from './downloads.ts';
import { erasures } from './erasures.ts';
import { eventStreams } from './event-streams.ts';
import { health } from './health.ts';
import { idempotency } from './idempotency.ts';
import { inputIssues } from './input-issues.ts';
import { jobActions } from './job-actions.ts';
import { jobHistory } from './job-history.ts';
import { jobs } from './jobs.ts';
import { keys } from './keys.ts';
import { limitRate } from './limit-rate.ts';
import { measureRequests } from './measure-requests.ts';
import { metrics } from './metrics.ts';
import { openapiDocument } from './openapi-document.ts';
import { operations } from './operations.ts';
import { playback } from './playback.ts';
import { playbackAccess } from './playback-access.ts';
import { problemFor } from './problem.ts';
import { projects } from './projects.ts';
import { requireAccess } from './require-access.ts';
import type { RestEnv } from './rest-env.ts';
import { carryTrace, keepTrace } from './trace.ts';
import { uploads } from './uploads.ts';
import { users } from './users.ts';
import { webhooks } from './webhooks.ts';

/** The REST door: one file per resource, one handler per operation, each of which calls one use case. */
export function createRest(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>({
    defaultHook: (result) => {
      if (!result.success) throw inputIssues(result.error, result.target);
    },
  });

  app.onError((error, c) => {
    const { log } = c.env.context;
    return isGraphqlPath(c.req.path) ? graphqlProblem(error, log) : problemFor(error, log);
  });
  app.notFound((c) =>
    problemFor(new Refusal('route_not_found', `There is nothing at ${c.req.path}.`), c.env.context.log),
  );

  app.use(
    requestId({ limitLength: 128, generator: (c) => c.env.context.random.uuid() }),
    carryTrace,
    measureRequests,
    cors({
      origin: '*',
      allowMethods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
      exposeHeaders: [
        'Location',
        'Retry-After',
        'RateLimit',
        'RateLimit-Policy',
        'Idempotency-Replayed',
        'X-Request-Id',
        'traceparent',
        'ETag',
        'Content-Range',
      ],
      maxAge: 86_400,
    }),
    methodNotAllowed({ app, onMethodNotAllowed: refuseMethod }),
  );
  app.route('/', graphiql());
  app.use(requireAccess, limitRate, keepTrace, idempotency);

  app.route('/', graphql());
  app.route('/', health());
  app.route('/', metrics());
  app.route('/', uploads());
  app.route('/', jobs());
  app.route('/', jobActions());
  app.route('/', jobHistory());
  app.route('/', eventStreams());
  app.route('/', downloads());
  app.route('/', playback());
  app.route('/', jobRpc());
  app.route('/', playbackAccess());
  app.route('/', keys());
  app.route('/', users());
  app.route('/', webhooks());
  app.route('/', projects());
  app.route('/', erasures());
  app.route('/', operations());

  app.openAPIRegistry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key, or a token of the identity provider. Not needed where the installation runs open.',
  });
  app.route('/', docs());
  app.get('/openapi.json', (c) => c.json(openapiDocument(app)));
  return app;
}

function refuseMethod(c: HonoContext<RestEnv>, methods: string[]): Response {
  const allow = methods.sort().join(', ');
  const response = problemFor(
    new Refusal('method_not_allowed', `${c.req.path} knows ${allow}, not ${c.req.method}.`),
    c.env.context.log,
  );
  response.headers.set('allow', allow);
  return response;
}
