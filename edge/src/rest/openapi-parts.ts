import { z } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { Refusal } from '../refusal.ts';

/** A response or request body in JSON, as `createRoute` wants it. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

export function jsonBody<T extends z.ZodType>(schema: T) {
  return { required: true, content: { 'application/json': { schema } } };
}

/** Bodies above this are refused before they are read. */
export function limitBody(maxBytes: number) {
  return bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new Refusal('body_too_large', `The body may have at most ${maxBytes} bytes.`);
    },
  });
}

/** A whole number in a query string: digits and nothing else. */
export function wholeNumber(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .openapi({ type: 'integer', minimum: min, maximum: max });
}

/** What a list is asked for that knows no filters. */
export function pageQuery(defaultLimit: number) {
  return z.strictObject({
    limit: wholeNumber(1, 100).optional().describe(`Entries on a page. Default: ${defaultLimit}.`),
    cursor: z.string().max(1_024).optional().describe('`next_cursor` of the page before.'),
  });
}
