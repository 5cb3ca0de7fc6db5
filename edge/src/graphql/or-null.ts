import { REFUSALS, Refusal } from '../refusal.ts';

/** What was asked for; null when there is no such thing, which to a query is no error. */
export async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Refusal && REFUSALS[error.code].status === 404) return null;
    throw error;
  }
}
