import { z } from '@hono/zod-openapi';
import { profileInput } from '@millrace/shared/media/profile.ts';
import { plainText } from './openapi-parts.ts';

const MAX_METADATA_BYTES = 4_096;

const metadata = z
  .record(z.string(), z.unknown())
  .superRefine((value, issues) => {
    if (new TextEncoder().encode(JSON.stringify(value)).length > MAX_METADATA_BYTES) {
      issues.addIssue({ code: 'custom', message: `must have at most ${MAX_METADATA_BYTES} bytes as JSON` });
    } else if (!isStorable(value)) {
      issues.addIssue({ code: 'custom', message: 'must not hold NUL characters or broken surrogate pairs' });
    }
  })
  .describe('Anything of yours, at most 4 KB as JSON. Given back as it is.');

export const jobInput = z
  .strictObject({
    input_key: plainText(1, 1_024).describe('The source: an object that was uploaded.'),
    profile: profileInput.default('default').describe('What to make: `default`, or spelled out.'),
    metadata: metadata.default({}),
  })
  .openapi('JobInput');

/** Postgres keeps any JSON but these two. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\u0000');
  if (Array.isArray(value)) return value.every(isStorable);
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).every(([name, inner]) => isStorable(name) && isStorable(inner));
  }
  return true;
}
