import { mergeNonProtocolHeaders } from '@connectrpc/connect/protocol';

/** What the control plane reads of a call's metadata. */
const TO_EDGE = [
  'authorization',
  'x-project-id',
  'idempotency-key',
  'x-request-id',
  'traceparent',
  'tracestate',
] as const;

/** What it says about an answer. The rest of its headers is about HTTP/1.1, which ends here. */
const FROM_EDGE = [
  'x-request-id',
  'traceparent',
  'retry-after',
  'ratelimit',
  'ratelimit-policy',
  'idempotency-replayed',
] as const;

export function headersToEdge(given: Headers): Headers {
  return only(TO_EDGE, given);
}

export function headersFromEdge(given: Headers): Headers {
  return only(FROM_EDGE, given);
}

/** Adds all metadata of `from` to an answer on its way. */
export function addHeaders(into: Headers, from: Headers): void {
  mergeNonProtocolHeaders(into, from);
}

function only(names: readonly string[], given: Headers): Headers {
  return new Headers(
    names.flatMap((name): [string, string][] => {
      const value = given.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}
