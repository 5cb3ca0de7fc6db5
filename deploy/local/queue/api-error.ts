/** The errors of Cloudflare's API that a client of a queue can meet: HTTP status, code, and message. */
const API_ERRORS = {
  no_route: [404, 7000, 'No route for that URI'],
  method_not_allowed: [405, 7001, 'That method is not available for that URI'],
  unauthenticated: [401, 10000, 'Authentication error'],
  forbidden: [403, 10000, 'Authentication error'],
  queue_not_found: [404, 10104, 'Queue does not exist'],
  queue_id_malformed: [400, 10107, 'Malformed queue ID in the request URL'],
  metadata_invalid: [400, 10203, 'Invalid message metadata'],
  message_size_out_of_bounds: [400, 10204, 'Message size out of bounds: at most 128 KB'],
  batch_size_out_of_bounds: [400, 10205, 'Batch size out of bounds: at most 256 KB'],
  batch_count_out_of_bounds: [400, 10206, 'Batch count out of bounds: at most 100 messages'],
  body_invalid: [400, 10207, 'Request JSON body does not match the expected schema'],
  body_malformed: [400, 10208, 'Request body is not valid JSON'],
  internal: [500, 15000, 'Unknown internal error'],
} as const satisfies Record<string, readonly [status: number, code: number, message: string]>;

export class ApiError extends Error {
  readonly status: number;
  readonly code: number;

  constructor(reason: keyof typeof API_ERRORS, detail?: string) {
    const [status, code, message] = API_ERRORS[reason];
    super(detail === undefined ? message : `${message}: ${detail}`);
    this.status = status;
    this.code = code;
  }
}
