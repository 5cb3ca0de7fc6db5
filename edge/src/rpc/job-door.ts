import { createConnectRouter, createContextValues } from '@connectrpc/connect';
import { type UniversalHandler, universalServerRequestFromFetch } from '@connectrpc/connect/protocol';
import { JobService } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { OperationsService } from '@millrace/shared/rpc/gen/millrace/v1/operations_pb.js';
import { Hono } from 'hono';
import type { RestEnv } from '../rest/rest-env.ts';
import { admit, type Surroundings, surroundings } from './call.ts';
import { notedGate, noteOutcomes, type OutcomeNote, outcomeNote, outcomeOf } from './call-outcome.ts';
import { jobService } from './job-service.ts';
import { operationsService } from './operations-service.ts';
import { replayRepeated } from './replay-repeated.ts';
import { translateErrors } from './translate-errors.ts';

/** gRPC's own default. */
const MAX_REQUEST_BYTES = 4 * 1024 ** 2;

/** The RPC door: JobService and OperationsService as Connect and gRPC-Web. Each method has a route of its own, so that it is measured by name. */
export function jobRpc(): Hono<RestEnv> {
  const app = new Hono<RestEnv>();
  const router = createConnectRouter({
    grpc: false,
    readMaxBytes: MAX_REQUEST_BYTES,
    requestGate: notedGate(admit),
    interceptors: [noteOutcomes, translateErrors, replayRepeated],
  })
    .service(JobService, jobService)
    .service(OperationsService, operationsService);

  for (const handler of router.handlers) {
    app.on(['GET', 'POST'], handler.requestPath, async (c) => {
      const note: OutcomeNote = { outcome: null };
      const around = {
        ctx: c.env.context,
        traceparent: c.get('traceparent'),
        requestId: c.get('requestId'),
        origin: new URL(c.req.url).origin,
        onRate: (headers: Record<string, string>) => c.set('rateHeaders', headers),
        keepTrace: () => c.set('isTraceKept', true),
      };
      const response = await answer(handler, c.req.raw, around, note);
      c.set('callOutcome', outcomeOf(note, response.status));
      return response;
    });
  }
  return app;
}

async function answer(
  handler: UniversalHandler,
  request: Request,
  around: Surroundings,
  note: OutcomeNote,
): Promise<Response> {
  const gone = new AbortController();
  const { status, header, body } = await handler({
    ...universalServerRequestFromFetch(request, {}),
    signal: AbortSignal.any([request.signal, gone.signal]),
    contextValues: createContextValues().set(surroundings, around).set(outcomeNote, note),
  });
  const headers = new Headers(header);
  headers.set('cache-control', 'no-store');
  return new Response(body ? readableOf(body, gone) : null, { status, headers });
}

/** The bytes of an answer. When nobody reads them any more, the call is aborted: it may be waiting for what never comes. */
function readableOf(body: AsyncIterable<Uint8Array>, gone: AbortController): ReadableStream<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel(reason) {
      gone.abort(reason);
      // Ends behind what is being waited for now; nobody waits for that.
      void chunks.return?.().catch(() => {});
    },
  });
}
