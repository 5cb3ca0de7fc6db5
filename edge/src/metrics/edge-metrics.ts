import type { Family, Sample } from './prometheus-text.ts';

interface MetricKind {
  type: Family['type'];
  labels: readonly string[];
  help: string;
}

/** Every metric of the edge, in the order of its page. docs/metrics.md is written from it. */
export const EDGE_METRICS = {
  jobs_created_total: { type: 'counter', labels: [], help: 'Jobs accepted.' },
  jobs_processed_total: { type: 'counter', labels: ['status'], help: 'Jobs that ended, by how.' },
  job_failures_total: {
    type: 'counter',
    labels: ['code'],
    help: 'Jobs that failed, by the code that their owner reads.',
  },
  job_duration_seconds: {
    type: 'histogram',
    labels: ['resolution'],
    help: 'From the start of a job to the end of a rendition, in seconds.',
  },
  first_play_seconds: {
    type: 'histogram',
    labels: [],
    help: 'From the creation of a job, or the time it was to wait for, until it could be played, in seconds.',
  },
  job_cpu_seconds: {
    type: 'histogram',
    labels: [],
    help: 'CPU time that a completed job took of the fleet, all attempts together, in seconds.',
  },
  job_bytes: {
    type: 'histogram',
    labels: ['direction'],
    help: 'Bytes that a completed job read of its source (`read`) and put into storage (`stored`).',
  },
  project_cpu_seconds_total: {
    type: 'counter',
    labels: ['project'],
    help: 'CPU time of the ended jobs of a project, in seconds; of the fifty projects with the most.',
  },
  project_bytes_total: {
    type: 'counter',
    labels: ['project', 'direction'],
    help: 'Bytes that the ended jobs of a project `read` and `stored`; of the same fifty.',
  },
  active_jobs: { type: 'gauge', labels: [], help: 'Jobs being processed.' },
  queued_jobs: { type: 'gauge', labels: [], help: 'Jobs of which nothing has started yet.' },
  jobs_without_progress: {
    type: 'gauge',
    labels: [],
    help: 'Jobs that have not ended, wait for no worker and no pause, and of which nothing has moved for 15 minutes.',
  },
  queue_depth: { type: 'gauge', labels: [], help: 'Runnable tasks that no worker has yet.' },
  queue_age_seconds: {
    type: 'gauge',
    labels: [],
    help: 'How long the oldest runnable task has waited for a worker, in seconds; 0 when none waits.',
  },
  queue_wait_seconds: {
    type: 'gauge',
    labels: [],
    help: 'The same for the oldest job that waits with all it has: nothing of it runs.',
  },
  paused_tasks: { type: 'gauge', labels: [], help: 'Tasks that could run, but for a pause.' },
  dispatch_pauses: { type: 'gauge', labels: [], help: 'Pauses in force.' },
  tasks: { type: 'gauge', labels: ['state'], help: 'Tasks of jobs that have not ended, by state.' },
  leases_expired_total: {
    type: 'counter',
    labels: ['kind'],
    help: 'Attempts that were taken from workers that had gone silent, by kind of task.',
  },
  webhook_failures_total: {
    type: 'counter',
    labels: ['error'],
    help: 'Webhook deliveries that were given up, by why their last attempt failed.',
  },
  dead_letters: {
    type: 'gauge',
    labels: ['kind'],
    help: 'Jobs and webhook deliveries that failed for good within a week and were not tried anew; at most 1,000.',
  },
  webhook_lag_seconds: {
    type: 'gauge',
    labels: [],
    help: 'How long the webhook delivery that has been due longest is overdue, in seconds.',
  },
  outbox_lag_seconds: {
    type: 'gauge',
    labels: [],
    help: 'How long the nudge that has been due longest has not reached the queue, in seconds.',
  },
  storage_errors_total: {
    type: 'counter',
    labels: ['operation', 'reason'],
    help: 'Requests to object storage that went wrong; most are tried again.',
  },
  http_requests_total: {
    type: 'counter',
    labels: ['method', 'endpoint', 'status'],
    help: 'Requests answered. RPC is a POST or GET of its method, also that of the fleet; `status` is then what its code means in HTTP.',
  },
  http_request_duration_seconds: {
    type: 'histogram',
    labels: ['method', 'endpoint'],
    help: 'Time from request to response, in seconds.',
  },
  rpc_requests_total: {
    type: 'counter',
    labels: ['method', 'code'],
    help: 'RPC of callers and of the fleet, beside its requests. Streams count when they begin.',
  },
  graphql_requests_total: {
    type: 'counter',
    labels: ['operation', 'status'],
    help: 'GraphQL operations answered. `operation` is their root field, or `several`, `introspection` or `invalid`; `status` is `ok` or `error`.',
  },
  graphql_request_duration_seconds: {
    type: 'histogram',
    labels: ['operation'],
    help: 'Time from GraphQL operation to result, in seconds; of a subscription, to its beginning.',
  },
  millrace_build_info: {
    type: 'gauge',
    labels: ['role', 'version'],
    help: 'Always 1: which version runs.',
  },
} as const satisfies Record<string, MetricKind>;

export type EdgeMetric = keyof typeof EDGE_METRICS;

export function familyOf(name: EdgeMetric, samples: Sample[]): Family {
  const { type, help } = EDGE_METRICS[name];
  return { name, type, help, samples };
}
