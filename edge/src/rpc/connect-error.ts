import { Code, ConnectError } from '@connectrpc/connect';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from '@millrace/shared/rpc/gen/google/rpc/error_details_pb.js';
import type { Log } from '../log.ts';
import { REFUSALS, type Refusal, type RefusalCode } from '../refusal.ts';
import { toRefusal } from '../to-refusal.ts';

/** The one place where failures become RPC errors. The stable word is the reason of a google.rpc.ErrorInfo. */
export function toConnectError(error: unknown, log: Log): ConnectError {
  // What the library itself says of a message it cannot read, a deadline, a call that was given up.
  if (error instanceof ConnectError) return error;
  const refusal = toRefusal(error, log);
  const { retryAfterSeconds } = refusal;
  const headers = retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) };
  return new ConnectError(refusal.message, codeOf(refusal.code), headers, detailsOf(refusal), error);
}

function detailsOf({ code, issues, retryAfterSeconds }: Refusal) {
  const info = { desc: ErrorInfoSchema, value: { reason: code, domain: 'millrace' } };
  const fieldViolations = issues.map(({ path, message }) => ({ field: fieldOf(path), description: message }));
  const badRequest = { desc: BadRequestSchema, value: { fieldViolations } };
  const retryDelay = { seconds: BigInt(retryAfterSeconds ?? 0) };
  const retryInfo = { desc: RetryInfoSchema, value: { retryDelay } };
  return [
    info,
    ...(issues.length > 0 ? [badRequest] : []),
    ...(retryAfterSeconds === null ? [] : [retryInfo]),
  ];
}

/** Paths begin with the part of the HTTP request; here all of it is one message. */
function fieldOf(path: string): string {
  return path.replace(/^(body|query|path)\./, '');
}

/** Connect's word, which is also gRPC's, for one of ours. */
export function codeOf(code: RefusalCode): Code {
  if (code === 'idempotency_key_in_flight') return Code.Aborted;
  if (code === 'project_exists') return Code.AlreadyExists;
  const { status } = REFUSALS[code];
  switch (status) {
    case 400:
    case 415:
      return Code.InvalidArgument;
    case 401:
      return Code.Unauthenticated;
    case 403:
      return Code.PermissionDenied;
    case 404:
      return Code.NotFound;
    case 405:
      return Code.Unimplemented;
    case 409:
    case 410:
    case 422:
      return Code.FailedPrecondition;
    case 413:
    case 429:
      return Code.ResourceExhausted;
    case 500:
      return Code.Internal;
    case 503:
      return Code.Unavailable;
    default:
      return status satisfies never;
  }
}
