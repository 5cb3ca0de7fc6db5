import type {
  DescMessage,
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageShape,
} from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type HandlerContext,
  type Transport,
} from '@connectrpc/connect';
import { relayError } from './relay-error.ts';
import { addHeaders, headersFromEdge, headersToEdge } from './relayed-headers.ts';

/** A call that is answered once has this long, whatever its caller would allow. */
const UNARY_LIMIT_MS = 60_000;

export interface Forwarding {
  edge: Transport;
  /** Streams end when it is aborted; calls that are answered once are finished. */
  stopping: AbortSignal;
}

/** Serves a service by calling the control plane: metadata, deadlines, cancellation and errors go through. */
export function forwardService(router: ConnectRouter, service: DescService, forwarding: Forwarding): void {
  for (const method of service.methods) {
    if (isUnary(method)) {
      router.rpc(method, (request, context) => forwardUnary(forwarding, method, request, context));
    } else if (isServerStreaming(method)) {
      router.rpc(method, (request, context) => forwardStream(forwarding, method, request, context));
    } else {
      throw new Error(`${method.name} takes a stream, which HTTP/1.1 cannot forward`);
    }
  }
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === 'unary';
}

function isServerStreaming(method: DescMethod): method is DescMethodServerStreaming {
  return method.methodKind === 'server_streaming';
}

async function forwardUnary<I extends DescMessage, O extends DescMessage>(
  { edge }: Forwarding,
  method: DescMethodUnary<I, O>,
  request: MessageShape<I>,
  context: HandlerContext,
): Promise<MessageShape<O>> {
  const timeoutMs = Math.min(timeLeftMs(context) ?? UNARY_LIMIT_MS, UNARY_LIMIT_MS);
  try {
    const headers = headersToEdge(context.requestHeader);
    const answer = await edge.unary(method, context.signal, timeoutMs, headers, request);
    addHeaders(context.responseHeader, headersFromEdge(answer.header));
    addHeaders(context.responseTrailer, answer.trailer);
    return answer.message;
  } catch (error) {
    throw relayError(error);
  }
}

async function* forwardStream<I extends DescMessage, O extends DescMessage>(
  { edge, stopping }: Forwarding,
  method: DescMethodServerStreaming<I, O>,
  request: MessageShape<I>,
  context: HandlerContext,
): AsyncGenerator<MessageShape<O>> {
  const signal = AbortSignal.any([context.signal, stopping]);
  try {
    const headers = headersToEdge(context.requestHeader);
    const answer = await edge.stream(method, signal, timeLeftMs(context), headers, once(request));
    addHeaders(context.responseHeader, headersFromEdge(answer.header));
    yield* answer.message;
    addHeaders(context.responseTrailer, answer.trailer);
  } catch (error) {
    if (stopping.aborted) throw stoppingError();
    throw relayError(error);
  }
}

/** What a stream that has to end is told: another server has the same. */
export function stoppingError(): ConnectError {
  return new ConnectError('the server is stopping', Code.Unavailable);
}

/** Undefined without a deadline. One that is just over still travels as one. */
function timeLeftMs(context: HandlerContext): number | undefined {
  const left = context.timeoutMs();
  return left === undefined ? undefined : Math.max(1, left);
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}
