/** How a field is kept in an index. */
export type LogFieldType = 'date' | 'keyword' | 'text' | 'integer' | 'float' | 'error';

interface LogFieldDescription {
  type: LogFieldType;
  meaning: string;
}

const field = <Type extends LogFieldType>(type: Type, meaning: string) => ({ type, meaning });

/**
 * Every field that a log line of Millrace may have, on edge and fleet alike. The index template and the table in
 * docs/logging.md are held to it.
 */
export const LOG_FIELDS = {
  time: field('date', 'when, ISO 8601 in UTC; on every line'),
  level: field('keyword', '`debug`, `info`, `warn`, `error` or `fatal`; on every line'),
  role: field('keyword', '`edge`, `bridge`, `worker` or `grpc`; on every line'),
  msg: field('text', 'what happened, in words that stay the same; on every line'),
  project_id: field('keyword', 'whose job it is'),
  job_id: field('keyword', 'the job'),
  task_id: field('keyword', 'the task'),
  attempt: field('integer', 'which try at the task, from 1'),
  trace_id: field('keyword', 'the W3C trace of the request that created the job, or of the request at hand'),
  span_id: field('keyword', 'the span the line belongs to'),
  request_id: field(
    'keyword',
    '`X-Request-Id` of the request that created the job, or of the request at hand',
  ),
  worker_id: field('keyword', 'the worker, one process life'),
  machine_id: field('keyword', 'the machine a worker runs on'),
  upload_id: field('keyword', 'the upload'),
  object_prefix: field('keyword', 'the object, or what the keys of several begin with'),
  kind: field('keyword', 'the kind of task'),
  event: field('keyword', 'which report of an attempt: `started`, `completed`, `failed`, `released`'),
  outcome: field('keyword', 'how an attempt or a look for work ended'),
  code: field('keyword', 'the failure code'),
  reason: field('keyword', 'why an attempt was given back or left'),
  detail: field('text', 'what a failure says for people'),
  verdict: field('keyword', 'what the edge made of an attempt’s end'),
  seconds: field('float', 'how long it took'),
  count: field('integer', 'how many: nudges, reports, attempts, as the message says'),
  err: field('error', 'an error: `type`, `message`, `code`, `stack`, and `causes`, each as a line of text'),
  signal: field('keyword', 'the signal that asked the process to stop'),
  address: field('keyword', 'where the process serves health and metrics'),
  grpc_address: field('keyword', 'where gRPC clients call'),
  edge_url: field('keyword', 'which edge it calls'),
  slots: field('integer', 'tasks a worker runs at once'),
  capabilities: field('keyword', 'what its ffmpeg can do; a list'),
  ffmpeg_version: field('keyword', 'as ffmpeg names itself'),
  ffmpeg_build: field('keyword', 'names this very ffmpeg and its encoders'),
  path: field('keyword', 'a folder of the worker’s'),
} as const satisfies Record<string, LogFieldDescription>;

export type LogFieldName = keyof typeof LOG_FIELDS;

/** What a type of field holds. */
interface ValueOf {
  date: string;
  keyword: string | readonly string[];
  text: string;
  integer: number;
  float: number;
  /** Anything thrown: see `describeError`. */
  error: unknown;
}

/** What every line has, and the logger itself writes. */
export type EveryLine = 'time' | 'level' | 'role' | 'msg';

/** What a caller may add to a line. */
export type LogFields = {
  [Name in Exclude<LogFieldName, EveryLine>]?: ValueOf[(typeof LOG_FIELDS)[Name]['type']] | undefined;
};
