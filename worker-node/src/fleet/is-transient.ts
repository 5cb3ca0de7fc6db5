import { Code, ConnectError } from '@connectrpc/connect';
import { TimedOut } from '../clock/within.ts';

/** True when the same call may succeed later: the other side was not reached, not ready, or did not answer in time. */
export function isTransient(error: unknown): boolean {
  if (error instanceof TimedOut) return true;
  if (!(error instanceof ConnectError)) return false;
  switch (error.code) {
    case Code.Unavailable:
    case Code.DeadlineExceeded:
    case Code.ResourceExhausted:
    case Code.Aborted:
    case Code.Canceled:
    case Code.Internal:
    case Code.Unknown:
      return true;
    case Code.InvalidArgument:
    case Code.NotFound:
    case Code.AlreadyExists:
    case Code.PermissionDenied:
    case Code.FailedPrecondition:
    case Code.OutOfRange:
    case Code.Unimplemented:
    case Code.DataLoss:
    case Code.Unauthenticated:
      return false;
    default:
      return error.code satisfies never;
  }
}
