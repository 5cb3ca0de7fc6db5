/**
 * Why an attempt or a job failed: a closed list. Clients see these words, workers report them, and whether to try again
 * is decided from the word alone.
 */
interface FailureKind {
  /** Another attempt may succeed. */
  retryable: boolean;
  /** For people. */
  meaning: string;
}

export const FAILURES = {
  source_url_refused: {
    retryable: false,
    meaning: 'The input URL, or what it redirects to, is not one that sources are fetched from.',
  },
  source_url_gone: { retryable: false, meaning: 'The server of the input URL does not hand out the file.' },
  source_url_failed: {
    retryable: true,
    meaning: 'The server of the input URL could not be reached, or the transfer broke off.',
  },
  source_too_large: { retryable: false, meaning: 'The file at the input URL is larger than allowed.' },
  source_missing: { retryable: false, meaning: 'The source object does not exist.' },
  source_changed: { retryable: false, meaning: 'The source object was replaced after the job was created.' },
  source_unreadable: {
    retryable: false,
    meaning: 'The source is not a media file, or its headers are damaged.',
  },
  source_truncated: { retryable: false, meaning: 'The source ends earlier than its headers say.' },
  source_encrypted: { retryable: false, meaning: 'The source is encrypted.' },
  source_exceeds_limits: {
    retryable: false,
    meaning: 'The source has too many pixels, streams or too long a duration.',
  },
  unsupported_format: { retryable: false, meaning: 'The container format is not supported.' },
  unsupported_codec: { retryable: false, meaning: 'The source uses a codec that is not supported.' },
  nothing_to_encode: {
    retryable: false,
    meaning: 'The source has none of what the profile asks for: neither pictures nor sound.',
  },
  trim_out_of_range: { retryable: false, meaning: 'The profile begins after the end of the source.' },
  decode_failed: { retryable: false, meaning: 'The source cannot be decoded.' },
  storage_unavailable: { retryable: true, meaning: 'Object storage could not be read or written.' },
  encoder_failed: { retryable: true, meaning: 'The encoder stopped with an error.' },
  verification_failed: { retryable: true, meaning: 'What was encoded did not match the plan.' },
  init_mismatch: {
    retryable: true,
    meaning: 'The encoder wrote another initialisation segment than the chunks before.',
  },
  stalled: { retryable: true, meaning: 'The encoder made no progress.' },
  out_of_resources: { retryable: true, meaning: 'The worker ran out of disk or memory.' },
  worker_error: { retryable: true, meaning: 'The worker met an unexpected error.' },
  publish_failed: { retryable: true, meaning: 'The manifests could not be written.' },
  worker_crashed: { retryable: false, meaning: 'The task brought down every worker that tried it.' },
  outdated_plan: {
    retryable: false,
    meaning: 'The task was planned by another version of Millrace. Create the job again.',
  },
  no_capable_worker: { retryable: false, meaning: 'No worker of the fleet can run the task.' },
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof FAILURES;

export function isFailureCode(text: string): text is FailureCode {
  return Object.hasOwn(FAILURES, text);
}

export function isRetryable(code: FailureCode): boolean {
  return FAILURES[code].retryable;
}
