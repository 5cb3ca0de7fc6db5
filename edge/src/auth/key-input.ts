import { z } from 'zod';
import { moment } from '../moment.ts';
import { plainText } from '../plain-text.ts';
import { SCOPES } from './caller.ts';

export const MAX_KEY_OVERLAP_SECONDS = 30 * 86_400;

/** What a client sends to have an API key made, at every door. */
export const keyInput = z.strictObject({
  name: plainText(1, 100).describe('By which people know it.'),
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length).describe('What it may do.'),
  expires_at: moment().nullish().describe('Until when it opens. Default: no end.'),
});

/** How long a key that was replaced still opens. */
export const keyOverlapSeconds = z
  .int()
  .min(0)
  .max(MAX_KEY_OVERLAP_SECONDS)
  .default(0)
  .describe('How long the old key still opens. Default: 0.');
