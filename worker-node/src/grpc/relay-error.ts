import { Code, ConnectError } from '@connectrpc/connect';
import { headersFromEdge } from './relayed-headers.ts';

/** The same error for the caller: code, message, details and what the headers said about it. */
export function relayError(reason: unknown): ConnectError {
  const error = ConnectError.from(reason);
  if (isOurs(error)) {
    return new ConnectError(
      'the control plane does not answer',
      Code.Unavailable,
      undefined,
      undefined,
      reason,
    );
  }
  const relayed = new ConnectError(error.rawMessage, error.code, headersFromEdge(error.metadata));
  relayed.details = error.details;
  return relayed;
}

/** Failed on the way: its text names addresses, and says nothing that the caller could use. */
function isOurs(error: ConnectError): boolean {
  return error.cause !== undefined && error.code !== Code.Canceled && error.code !== Code.DeadlineExceeded;
}
