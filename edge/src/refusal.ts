/**
 * What the control plane refuses, as a closed list of words. Use cases throw them; the doors translate them
 * (`rest/problem.ts`). The words are a contract: clients branch on them.
 */
export const REFUSALS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  unauthorized: { status: 401, title: 'Credentials are missing or not valid' },
  forbidden: { status: 403, title: 'The credentials do not allow this' },
  project_erasing: { status: 403, title: 'The project is being erased' },
  playback_forbidden: { status: 403, title: 'The playback link is not valid or has expired' },
  route_not_found: { status: 404, title: 'There is nothing at this path' },
  job_not_found: { status: 404, title: 'There is no such job' },
  task_not_found: { status: 404, title: 'There is no such task' },
  upload_not_found: { status: 404, title: 'There is no such upload' },
  object_not_found: { status: 404, title: 'There is no such object' },
  webhook_not_found: { status: 404, title: 'There is no such webhook' },
  delivery_not_found: { status: 404, title: 'There is no such delivery' },
  key_not_found: { status: 404, title: 'There is no such API key' },
  project_not_found: { status: 404, title: 'There is no such project' },
  pause_not_found: { status: 404, title: 'There is no such pause' },
  erasure_not_found: { status: 404, title: 'There is no such erasure' },
  not_playable_yet: { status: 404, title: 'Not enough of the video is encoded to play it' },
  method_not_allowed: { status: 405, title: 'The path does not know this method' },
  job_final: { status: 409, title: 'The job has already ended' },
  job_not_retryable: { status: 409, title: 'The job has not failed, and was not canceled' },
  legal_hold: { status: 409, title: 'A legal hold forbids erasing it' },
  webhook_disabled: { status: 409, title: 'The webhook is disabled' },
  upload_in_use: { status: 409, title: 'A job reads the upload' },
  key_replaced: { status: 409, title: 'The API key was replaced before' },
  project_exists: { status: 409, title: 'There is a project of this id already' },
  idempotency_key_in_flight: { status: 409, title: 'The first request with this key is still under way' },
  upload_incomplete: { status: 409, title: 'The upload is not complete' },
  upload_expired: { status: 410, title: 'The upload has expired or was aborted' },
  body_too_large: { status: 413, title: 'The request body is too large' },
  unsupported_content_type: {
    status: 415,
    title: 'The request body has a content type that is not read here',
  },
  idempotency_key_reused: { status: 422, title: 'The key was used for another request' },
  input_url_refused: { status: 422, title: 'The source may not be fetched from this address' },
  webhook_url_refused: { status: 422, title: 'Webhooks may not be sent to this address' },
  upload_mismatch: { status: 422, title: 'The upload is not of the size that was announced' },
  upload_not_media: { status: 422, title: 'The upload does not look like a media file' },
  source_not_found: { status: 422, title: 'The source object does not exist' },
  source_empty: { status: 422, title: 'The source object is empty' },
  source_not_media: { status: 422, title: 'The source object is a file of subtitles' },
  source_too_large: { status: 422, title: 'The source is larger than allowed' },
  subtitles_not_found: { status: 422, title: 'There is no completed upload of these subtitles' },
  unsupported_subtitles: { status: 422, title: 'The file is not one of subtitles that are read' },
  rate_limited: { status: 429, title: 'Too many requests' },
  quota_exceeded: { status: 429, title: 'A quota of the project is used up' },
  database_unavailable: { status: 503, title: 'The database cannot be reached' },
  identity_provider_unavailable: { status: 503, title: 'The identity provider cannot be reached' },
  cache_unavailable: { status: 503, title: 'The status cache cannot be reached' },
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
