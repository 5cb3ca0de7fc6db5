import type { z } from 'zod';
import { ApiError } from './api-error.ts';

/** Reads a JSON body. No body is an empty object. Throws `ApiError`. */
export async function readBody<T extends z.ZodType>(request: Request, schema: T): Promise<z.output<T>> {
  const result = schema.safeParse(parse((await request.text()) || '{}'));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new ApiError('body_invalid');
  const where = issue.path.join('.');
  const detail = where === '' ? issue.message : `${where}: ${issue.message}`;
  if (where === 'messages' && issue.code === 'too_big') throw new ApiError('batch_count_out_of_bounds');
  const isMetadata = /(^|\.)(content_type|delay_seconds)$/.test(where);
  throw new ApiError(isMetadata ? 'metadata_invalid' : 'body_invalid', detail);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError('body_malformed', error instanceof Error ? error.message : undefined);
  }
}
