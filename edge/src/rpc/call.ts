import type { DescMethod } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt';
import { createContextKey, type HandlerContext } from '@connectrpc/connect';
import { authenticate } from '../auth/authenticate.ts';
import { type Caller, requireScope, type Scope } from '../auth/caller.ts';
import { rateHeaders, requireRate } from '../auth/rate-limiter.ts';
import type { Context } from '../context.ts';
import { atTrace } from '../tracing/traced.ts';
import { toConnectError } from './connect-error.ts';

/** What a call is answered with. */
export interface Surroundings {
  ctx: Context;
  /** W3C trace context. */
  traceparent: string;
  requestId: string;
  /** How links of the answer begin. */
  origin: string;
  /** Told how the caller stands with its rate, as headers of the answer. */
  onRate(headers: Record<string, string>): void;
  /** Told when the call was let in and may change something: its spans are sent. */
  keepTrace(): void;
}

export const surroundings = createContextKey<Surroundings | null>(null);
const admission = createContextKey<Admission | null>(null);

/** A call that was let in. */
interface Admission {
  caller: Caller;
  /** Of the answer, with what its protocol needs. */
  header: Headers;
  trailer: Headers;
}

export type Call = Surroundings & { caller: Caller };

/** Lets calls in before anything of them is read, and says who calls. */
export async function admit(context: HandlerContext): Promise<void> {
  const around = surroundingsOf(context);
  const { ctx, onRate } = around;
  try {
    const caller = await authenticate(ctx, context.requestHeader);
    const { responseHeader: header, responseTrailer: trailer } = context;
    context.values.set(admission, { caller, header, trailer });
    const standing = await ctx.rateLimiter.take(caller);
    onRate(rateHeaders(standing));
    requireRate(standing);
    if (mayChange(context.method)) around.keepTrace();
    else context.values.set(surroundings, { ...around, ctx: untracedRead(around) });
  } catch (error) {
    throw toConnectError(error, ctx.log);
  }
}

function mayChange({ idempotency, methodKind }: DescMethod): boolean {
  return idempotency !== Level.NO_SIDE_EFFECTS && methodKind === 'unary';
}

/** Streams go on for as long as somebody watches: nothing of them may be gathered. */
function untracedRead({ ctx, traceparent }: Surroundings): Context {
  return atTrace(ctx, ctx.tracing.pass(traceparent));
}

/** The call, when its caller holds the scope. Refuses with `forbidden`. */
export function callWith(scope: Scope, context: HandlerContext): Call {
  const { caller } = admissionOf(context);
  requireScope(caller, scope);
  return { ...surroundingsOf(context), caller };
}

export function admissionOf(context: Pick<HandlerContext, 'values'>): Admission {
  const found = context.values.get(admission);
  if (!found) throw new Error('the call was not admitted');
  return found;
}

export function surroundingsOf(context: Pick<HandlerContext, 'values'>): Surroundings {
  const found = context.values.get(surroundings);
  if (!found) throw new Error('the call has no surroundings');
  return found;
}
