import {
  type JobChanges,
  type JobInput,
  jobChanges as jobChangesSchema,
  jobInput as jobInputSchema,
} from '../jobs/job-input.ts';
import { builder } from './builder.ts';
import { inSnakeCase, readInput } from './read-input.ts';

const subtitleInput = builder.inputType('SubtitleInput', {
  description: 'A subtitle file beside the source. Give either `uploadId` or `inputKey`.',
  fields: (t) => ({
    uploadId: t.id({ description: 'A completed upload of an `.srt` or `.vtt` file.' }),
    inputKey: t.string({ description: 'The key of one.' }),
    language: t.string({ description: 'Language tag, as BCP 47 writes it. Default: not known.' }),
    label: t.string({ description: 'What players call the track. Default: by its language.' }),
  }),
});

export const jobInput = builder.inputType('JobInput', {
  description: 'What is to be made of what. Give either `inputKey` or `inputUrl`.',
  fields: (t) => ({
    inputKey: t.string({ description: 'The source: an object that was uploaded.' }),
    inputUrl: t.string({ description: 'The source: where the fleet fetches it from, over https.' }),
    subtitles: t.field({
      type: [subtitleInput],
      description:
        'At most 20 subtitle files: SubRip or WebVTT, whose times count from the start of the source.',
    }),
    profile: t.field({ type: 'JSON', description: 'What to make: "default", or spelled out as in REST.' }),
    metadata: t.field({ type: 'JSON', description: 'An object of yours, at most 4 KB as JSON.' }),
    tags: t.stringList({ description: 'Words of yours to find the job by, at most 20.' }),
    priority: t.int({ description: "0 to 100. Higher goes first among the project's jobs. Default: 0." }),
    notBefore: t.field({ type: 'DateTime', description: 'Nothing of the job starts earlier.' }),
    public: t.boolean({ description: 'Plays without a signed link. Default: false.' }),
  }),
});

export const jobChanges = builder.inputType('JobChanges', {
  description: 'What is left out stays as it is.',
  fields: (t) => ({
    metadata: t.field({ type: 'JSON', description: 'An object of yours, at most 4 KB as JSON.' }),
    tags: t.stringList({ description: 'Words of yours to find the job by, at most 20.' }),
    priority: t.int({ description: "0 to 100. Higher goes first among the project's jobs." }),
    public: t.boolean({ description: 'Plays without a signed link.' }),
    legalHold: t.boolean({ description: 'While true, nothing erases the job.' }),
  }),
});

/** The job for the use case; null reads as left out. Refuses with `invalid_request`. */
export function readJobInput(input: typeof jobInput.$inferInput, path: string[]): JobInput {
  const { subtitles, ...fields } = input;
  const files = subtitles ? { subtitles: subtitles.map(inSnakeCase) } : {};
  return readInput(jobInputSchema, { ...inSnakeCase(fields), ...files }, path);
}

export function readJobChanges(changes: typeof jobChanges.$inferInput): JobChanges {
  return readInput(jobChangesSchema, inSnakeCase(changes), ['changes']);
}
