import { JOB_STATUSES } from '@millrace/shared/job/job-state.ts';
import { z } from 'zod';
import { moment } from '../moment.ts';
import { plainText } from '../plain-text.ts';

/** What jobs may be looked for by, at every door; all of it is optional. */
export const jobFilterFields = {
  created_after: moment().optional().describe('Created then or later.'),
  created_before: moment().optional().describe('Created earlier.'),
  input_key: plainText(1, 1_024).optional().describe('Of this source.'),
  tag: plainText(1, 64).optional().describe('With this tag.'),
};

export const jobStatuses = z.array(z.enum(JOB_STATUSES)).min(1);
export const metadataKey = plainText(1, 128).describe('Whose metadata has this key at the top level.');
export const metadataValue = plainText(0, 256).describe('… and there this text, number or boolean.');
