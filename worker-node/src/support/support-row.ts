import type { profileObject } from '@millrace/shared/media/profile.ts';
import type { FailureCode } from '@millrace/shared/task/failure-codes.ts';
import type { z } from 'zod';
import type { Outcome } from './outcome.ts';
import type { Workshop } from './workshop.ts';

/** A line of docs/media-support.md: what a source with this about it becomes. Each is a test on a real file. */
export interface SupportRow {
  feature: string;
  /** What the file is. */
  input: string;
  /** What comes of it. */
  result: string;
  file: (workshop: Workshop) => Promise<string>;
  /** What is asked for beside the small ladder of the tests. */
  profile?: Partial<z.input<typeof profileObject>>;
  /** A subtitle file beside the source. */
  sidecar?: { name: string; text: string; language: string };
  /** Throws when the result is not what the row says. */
  check?: (outcome: Outcome) => Promise<void>;
  /** The word it fails with, for what cannot be used. */
  fails?: FailureCode;
}
