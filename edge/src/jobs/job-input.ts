import { profileInput } from '@millrace/shared/media/profile.ts';
import { z } from 'zod';
import { moment } from '../moment.ts';
import { plainText } from '../plain-text.ts';

const MAX_METADATA_BYTES = 4_096;
const MAX_METADATA_DEPTH = 64;
const MAX_URL_LENGTH = 2_048;
export const MAX_BATCH = 100;

const metadata = z
  .record(z.string(), z.unknown())
  .superRefine((value, issues) => {
    if (!isShallow(value)) {
      issues.addIssue({ code: 'custom', message: `must be nested at most ${MAX_METADATA_DEPTH} deep` });
    } else if (new TextEncoder().encode(JSON.stringify(value)).length > MAX_METADATA_BYTES) {
      issues.addIssue({ code: 'custom', message: `must have at most ${MAX_METADATA_BYTES} bytes as JSON` });
    } else if (!isStorable(value)) {
      issues.addIssue({ code: 'custom', message: 'must not hold NUL characters or broken surrogate pairs' });
    }
  })
  .describe('Anything of yours, at most 4 KB as JSON and 64 deep. Given back as it is.');

const tags = z
  .array(plainText(1, 64))
  .max(20)
  .refine((list) => new Set(list).size === list.length, 'must be distinct')
  .describe('Words of yours to find the job by.');

const priority = z.int().min(0).max(100).describe("Higher goes first among the project's jobs. Default: 0.");

const isPublic = z.boolean().describe('Plays without a signed link. Default: false.');

/** A subtitle file beside the source. */
export const subtitleInput = z
  .strictObject({
    upload_id: z
      .uuid('must be a UUID')
      .optional()
      .describe('A completed upload of an `.srt` or `.vtt` file.'),
    input_key: plainText(1, 1_024).optional().describe('The key of one. In place of `upload_id`.'),
    language: z
      .string()
      .max(35)
      .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, 'must be a language tag such as en or pt-BR')
      .optional()
      .describe('Language tag, as BCP 47 writes it. Default: not known.'),
    label: plainText(1, 100).optional().describe('What players call the track. Default: by its language.'),
  })
  .refine((input) => (input.upload_id === undefined) !== (input.input_key === undefined), {
    message: 'give either `upload_id` or `input_key`',
    path: ['upload_id'],
  });

const jobFields = {
  input_key: plainText(1, 1_024).optional().describe('The source: an object that was uploaded.'),
  input_url: z
    .url({ protocol: /^https?$/ })
    .max(MAX_URL_LENGTH)
    .overwrite((text) => URL.parse(text)?.href ?? text)
    .optional()
    .describe('The source: where the fleet fetches it from, over https. In place of `input_key`.'),
  subtitles: z
    .array(subtitleInput)
    .max(20)
    .default([])
    .describe(
      'Subtitle files that were uploaded: SubRip or WebVTT, whose times count from the start of the source.',
    ),
  profile: profileInput.default('default').describe('What to make: `default`, or spelled out.'),
  metadata: metadata.default({}),
  tags: tags.default([]),
  priority: priority.default(0),
  not_before: moment().optional().describe('Nothing of the job starts earlier. Default: at once.'),
  public: isPublic.default(false),
};

/** What a client sends to have a job made, at every door. */
export const jobInput = z
  .strictObject(jobFields)
  .refine((input) => (input.input_key === undefined) !== (input.input_url === undefined), {
    message: 'give either `input_key` or `input_url`',
    path: ['input_key'],
  });
export type JobInput = z.infer<typeof jobInput>;

/** What of a job may change afterwards. */
export const jobChanges = z.strictObject({
  metadata: metadata.optional(),
  tags: tags.optional(),
  priority: priority.optional(),
  public: isPublic.optional(),
  legal_hold: z.boolean().optional().describe('While true, nothing erases the job.'),
});
export type JobChanges = z.infer<typeof jobChanges>;

/** Looks level by level: what came in is nested as deep as its size allows, deeper than calls are. */
function isShallow(metadata: unknown): boolean {
  let level = [metadata];
  for (let depth = 0; depth <= MAX_METADATA_DEPTH; depth++) {
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
    if (level.length === 0) return true;
  }
  return false;
}

/** Postgres keeps any JSON but these two. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\u0000');
  if (Array.isArray(value)) return value.every(isStorable);
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).every(([name, inner]) => isStorable(name) && isStorable(inner));
  }
  return true;
}
