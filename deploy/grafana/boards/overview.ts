import type { Board } from '../panel.ts';

/** How it goes, on one screen. */
export const overview: Board = {
  uid: 'millrace-overview',
  title: 'Millrace: overview',
  description: 'Jobs, the queue and the API.',
  rows: [
    {
      title: 'Now',
      panels: [
        number('Jobs being processed', 'max(active_jobs)'),
        number('Jobs not started', 'max(queued_jobs)'),
        number('Queue depth', 'millrace:queue_depth:max'),
        { ...number('Oldest task waits', 'millrace:queue_age_seconds:max'), unit: 's', redFrom: 300 },
        number('Active workers', 'millrace:workers:sum'),
        { ...number('Jobs without progress', 'max(jobs_without_progress)'), redFrom: 1 },
      ],
    },
    {
      title: 'Jobs',
      panels: [
        {
          title: 'Jobs created, completed and failed',
          draw: 'line',
          unit: 'short',
          queries: [
            { expr: 'sum(increase(jobs_created_total[$__rate_interval]))', legend: 'created' },
            {
              expr: 'sum by (status) (increase(jobs_processed_total[$__rate_interval]))',
              legend: '{{status}}',
            },
          ],
        },
        {
          title: 'Processing rate',
          description: 'Jobs that ended, and attempts at tasks that ended, in a second.',
          draw: 'line',
          unit: 'short',
          queries: [
            { expr: 'sum(rate(jobs_processed_total[$__rate_interval]))', legend: 'jobs' },
            { expr: 'sum(rate(tasks_total[$__rate_interval]))', legend: 'tasks' },
          ],
        },
        {
          title: 'Duration by resolution',
          description: 'From the start of a job to the end of a rendition: the 95th percentile.',
          draw: 'line',
          unit: 's',
          queries: [
            {
              expr: 'histogram_quantile(0.95, sum by (le, resolution) (rate(job_duration_seconds_bucket[1h])))',
              legend: '{{resolution}}',
            },
          ],
        },
        {
          title: 'Queue depth and running tasks',
          draw: 'stacked',
          unit: 'short',
          queries: [
            { expr: 'millrace:queue_depth:max', legend: 'waiting' },
            { expr: 'millrace:slots_busy:sum', legend: 'running' },
            { expr: 'max(paused_tasks)', legend: 'paused' },
          ],
        },
        {
          title: 'Failed jobs by code',
          draw: 'stacked',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (code) (increase(job_failures_total[$__rate_interval])) > 0 or sum(increase(job_failures_total[$__rate_interval]))',
              legend: '{{code}}',
            },
          ],
        },
        {
          title: 'Failed attempts by resolution',
          draw: 'line',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (resolution) (rate(transcode_errors_total[$__rate_interval])) or vector(0)',
              legend: '{{resolution}}',
            },
          ],
        },
      ],
    },
    {
      title: 'API',
      panels: [
        {
          title: 'API request rate',
          draw: 'line',
          unit: 'reqps',
          queries: [
            {
              expr: 'sum by (method, endpoint) (rate(http_requests_total[$__rate_interval]))',
              legend: '{{method}} {{endpoint}}',
            },
          ],
        },
        {
          title: 'Error rate',
          description: 'Answers of 5xx and of 4xx, of all that clients ask.',
          draw: 'line',
          unit: 'percentunit',
          queries: [
            { expr: 'millrace:api_errors:ratio_rate5m', legend: '5xx' },
            {
              expr: 'sum(rate(http_requests_total{endpoint!~"/health|/metrics|/millrace.v1.FleetService/.+",status=~"4.."}[5m])) / (millrace:api_requests:rate5m > 0) or vector(0)',
              legend: '4xx',
            },
          ],
        },
        {
          title: 'Time to answer',
          draw: 'line',
          unit: 's',
          queries: [
            {
              expr: 'histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket{endpoint!~"/health|/metrics|/millrace.v1.FleetService/.+"}[5m])))',
              legend: 'median',
            },
            { expr: 'millrace:api_request_seconds:p99_5m', legend: '99th percentile' },
          ],
        },
        {
          title: 'GraphQL operations',
          draw: 'line',
          unit: 'reqps',
          queries: [
            {
              expr: 'sum by (operation) (rate(graphql_requests_total[$__rate_interval]))',
              legend: '{{operation}}',
            },
          ],
        },
        {
          title: 'RPC at the edge',
          description: 'Of callers, through the gRPC door too, and of the fleet.',
          draw: 'line',
          unit: 'reqps',
          queries: [
            {
              expr: 'sum by (method, code) (rate(rpc_requests_total[$__rate_interval]))',
              legend: '{{method}} {{code}}',
            },
          ],
        },
        {
          title: 'gRPC calls',
          description: 'At the gRPC door.',
          draw: 'line',
          unit: 'reqps',
          queries: [
            { expr: 'sum by (method) (rate(grpc_requests_total[$__rate_interval]))', legend: '{{method}}' },
          ],
        },
      ],
    },
  ],
};

function number(title: string, expr: string) {
  return { title, draw: 'number', unit: 'short', queries: [{ expr, legend: title }] } as const;
}
