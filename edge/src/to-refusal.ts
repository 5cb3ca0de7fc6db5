import { isDatabaseAway } from './db/database.ts';
import { describeError } from './log.ts';
import { Refusal } from './refusal.ts';

/** What any failure is called outside, at every door. Unknown ones become `internal` and are logged: they tell nothing. */
export function toRefusal(error: unknown, requestId: string | null): Refusal {
  if (error instanceof Refusal && error.code !== 'internal') return error;
  if (isDatabaseAway(error)) {
    return new Refusal('database_unavailable', 'The database does not answer. Try again in a moment.', {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
  console.error(JSON.stringify({ message: 'request failed', requestId, error: describeError(error) }));
  if (error instanceof Refusal) return error;
  return new Refusal('internal', 'The request could not be answered. Try again.', { cause: error });
}
