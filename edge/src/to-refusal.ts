import { isDatabaseAway } from './db/database.ts';
import type { Log } from './log.ts';
import { Refusal } from './refusal.ts';

/** What any failure is called outside, at every door. Unknown ones become `internal` and are logged: they tell nothing. */
export function toRefusal(error: unknown, log: Log): Refusal {
  if (error instanceof Refusal && error.code !== 'internal') return error;
  if (isDatabaseAway(error)) {
    return new Refusal('database_unavailable', 'The database does not answer. Try again in a moment.', {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
  log.error('request failed', { err: error });
  if (error instanceof Refusal) return error;
  return new Refusal('internal', 'The request could not be answered. Try again.', { cause: error });
}
