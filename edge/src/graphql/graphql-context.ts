import type { Caller } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import type { OperationRecord } from '../metrics/graphql-metrics.ts';
import type { Loaders } from './loaders.ts';

/** What resolvers are given with every request. */
export interface GraphqlContext {
  ctx: Context;
  caller: Caller;
  /** Of the request: by them a subscription is asked again who listens. */
  headers: Headers;
  /** See `viewJob`. */
  origin: string;
  /** W3C trace context of the request. */
  traceparent: string;
  requestId: string;
  /** Aborted when the caller has gone. */
  signal: AbortSignal;
  loaders: Loaders;
  measure(operation: OperationRecord): void;
  /** Told when the operation may change something: its spans are sent. Answers with what records them. */
  keepTrace(): Partial<Pick<GraphqlContext, 'ctx' | 'loaders'>>;
  /** Told when the answer goes on for as long as somebody listens. */
  onStream(): void;
  /** Told when the answer holds a secret that is kept nowhere: it must not be kept either. */
  onSecret(): void;
  /** Told of the HTTP statuses of the errors in the answer. */
  onErrors(statuses: number[]): void;
}
