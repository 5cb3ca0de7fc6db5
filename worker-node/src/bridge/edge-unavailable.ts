import { Code, ConnectError } from '@connectrpc/connect';

/** What a worker is told when its bridge cannot reach the edge: the same call may succeed later. */
export function edgeUnavailable(cause: unknown): ConnectError {
  const message = 'the control plane could not be reached';
  return new ConnectError(message, Code.Unavailable, undefined, undefined, cause);
}
