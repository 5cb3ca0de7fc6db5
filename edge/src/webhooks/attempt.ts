import { z } from 'zod';

/**
 * Why an attempt failed, as a closed list of words. Clients show them.
 *
 * `status`: the receiver answered with an error. `redirect`: it answered with a redirect, which is not followed.
 * `gone`: it answered 410, and is not asked again. `timeout`: it did not answer in time. `connection_failed`: it could
 * not be reached. `name_unresolved`: its name has no address. `address_refused`: it has one that is not public.
 */
export const ATTEMPT_ERRORS = [
  'status',
  'redirect',
  'gone',
  'timeout',
  'connection_failed',
  'name_unresolved',
  'address_refused',
] as const;

/** One attempt at a delivery, as it is kept and shown. */
export const attempt = z.object({
  at: z.iso.datetime().describe('When it began.'),
  status: z.int().nullable().describe('HTTP status of the answer; null without one.'),
  error: z.enum(ATTEMPT_ERRORS).nullable().describe('Why it failed; null when it did not.'),
  duration_ms: z.int().describe('How long it took, in milliseconds.'),
  answer: z.string().nullable().describe('How the body of an answer that was no success begins.'),
});
export type Attempt = z.infer<typeof attempt>;
