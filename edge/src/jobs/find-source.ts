import { fetchUrlProblem } from '@millrace/shared/net/fetch-url-rules.ts';
import { KEY_PATTERN } from '@millrace/shared/storage-keys.ts';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { subtitleFormat } from '../uploads/recognise-subtitles.ts';
import type { JobInput } from './job-input.ts';

/** What the database must know of an object to make a job of it. */
export interface FoundSource {
  etag: string;
  sizeBytes: number;
}

/** Why the source of a job cannot be one, as far as its name tells; null when it can. */
export function refuseSourceName(ctx: Context, projectId: string, input: JobInput): Refusal | null {
  if (input.input_url !== undefined) return refuseUrl(ctx, input.input_url);
  const key = input.input_key ?? '';
  const mine = KEY_PATTERN.test(key) && key.startsWith(`uploads/${projectId}/`);
  if (!mine) return unknownSource(key);
  return subtitleFormat(key) === null
    ? null
    : new Refusal('source_not_media', `The object at "${key}" holds subtitles. Give it in \`subtitles\`.`);
}

/** What storage says of a source whose upload nobody confirmed. */
export async function lookUpSource(ctx: Context, key: string): Promise<FoundSource | Refusal> {
  return (await ctx.storage.head(key)) ?? unknownSource(key);
}

/** Why a source of this size is not taken; null when it is. */
export function refuseSourceSize(ctx: Context, key: string, sizeBytes: number): Refusal | null {
  if (sizeBytes === 0) return new Refusal('source_empty', `The object at "${key}" is empty.`);
  const limit = ctx.config.maxSourceBytes;
  if (sizeBytes <= limit) return null;
  return new Refusal(
    'source_too_large',
    `The object at "${key}" has ${sizeBytes} bytes; the limit is ${limit}.`,
  );
}

export function unknownSource(key: string): Refusal {
  return new Refusal('source_not_found', `There is no object at "${key}". Upload it first.`);
}

/** Only what the address itself tells: what its name stands for is checked by the worker, at every connection. */
function refuseUrl(ctx: Context, url: string): Refusal | null {
  const problem = fetchUrlProblem(new URL(url), { loopback: ctx.config.environment === 'local' });
  return problem === null ? null : new Refusal('input_url_refused', problem);
}
