/**
 * What the control plane refuses, as a closed list of words. Use cases throw them; the doors translate them
 * (`rest/problem.ts`). The words are a contract: clients branch on them.
 */
export const REFUSALS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  unauthorized: { status: 401, title: 'Credentials are missing or not valid' },
  playback_forbidden: { status: 403, title: 'The playback link is not valid or has expired' },
  route_not_found: { status: 404, title: 'There is nothing at this path' },
  job_not_found: { status: 404, title: 'There is no such job' },
  upload_not_found: { status: 404, title: 'There is no such upload' },
  object_not_found: { status: 404, title: 'There is no such object' },
  not_playable_yet: { status: 404, title: 'Not enough of the video is encoded to play it' },
  method_not_allowed: { status: 405, title: 'The path does not know this method' },
  job_final: { status: 409, title: 'The job has already ended' },
  upload_incomplete: { status: 409, title: 'The upload is not complete' },
  upload_expired: { status: 410, title: 'The upload has expired or was aborted' },
  body_too_large: { status: 413, title: 'The request body is too large' },
  unsupported_content_type: {
    status: 415,
    title: 'The request body has a content type that is not read here',
  },
  source_not_found: { status: 422, title: 'The source object does not exist' },
  source_empty: { status: 422, title: 'The source object is empty' },
  source_too_large: { status: 422, title: 'The source is larger than allowed' },
  storage_unavailable: { status: 503, title: 'Object storage cannot be reached' },
  internal: { status: 500, title: 'Something went wrong on our side' },
} as const satisfies Record<string, { status: number; title: string }>;

export type RefusalCode = keyof typeof REFUSALS;

/** One thing that is wrong with the input: where, as a dotted path from the top of the input, and what. */
export interface InputIssue {
  path: string;
  message: string;
}

/** A request that is refused for a reason its sender can understand. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: RefusalCode;
  /** Only with `invalid_request`. */
  readonly issues: InputIssue[];
  /** When trying again may help. */
  readonly retryAfterSeconds: number | null;

  /** @param detail One sentence about this occurrence, for people. It must hold nothing secret. */
  constructor(
    code: RefusalCode,
    detail: string,
    options: { issues?: InputIssue[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.issues = options.issues ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}
