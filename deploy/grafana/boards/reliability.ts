import type { Board } from '../panel.ts';

/** What went wrong and was put right, and what was not. */
export const reliability: Board = {
  uid: 'millrace-reliability',
  title: 'Millrace: reliability',
  description: 'Retries, leases, storage, webhooks, budgets.',
  rows: [
    {
      title: 'Attempts',
      panels: [
        {
          title: 'Retries by kind of task',
          description: 'Chunks are `encode-video`.',
          draw: 'stacked',
          unit: 'short',
          queries: [
            { expr: 'sum by (kind) (increase(task_retries_total[$__rate_interval]))', legend: '{{kind}}' },
          ],
        },
        {
          title: 'Lease losses',
          description:
            'As workers noticed it, and as the edge took tasks back from workers that had gone silent.',
          draw: 'line',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (reason) (increase(lease_losses_total[$__rate_interval]))',
              legend: '{{reason}}',
            },
            { expr: 'sum(increase(leases_expired_total[$__rate_interval]))', legend: 'taken back' },
          ],
        },
        {
          title: 'How attempts ended',
          draw: 'stacked',
          unit: 'short',
          queries: [
            { expr: 'sum by (outcome) (increase(tasks_total[$__rate_interval]))', legend: '{{outcome}}' },
          ],
        },
        {
          title: 'Failed attempts by code',
          draw: 'stacked',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (kind, code) (increase(task_failures_total[$__rate_interval])) or vector(0)',
              legend: '{{kind}} {{code}}',
            },
          ],
        },
        {
          title: 'Claimed tasks by fate',
          draw: 'line',
          unit: 'short',
          queries: [
            { expr: 'sum by (fate) (increase(assignments_total[$__rate_interval]))', legend: '{{fate}}' },
          ],
        },
        {
          title: 'Dead letters',
          description: 'Given up within a week and not tried anew.',
          draw: 'line',
          unit: 'short',
          queries: [{ expr: 'max by (kind) (dead_letters)', legend: '{{kind}}' }],
        },
      ],
    },
    {
      title: 'Surroundings',
      panels: [
        {
          title: 'Storage errors',
          draw: 'line',
          unit: 'short',
          width: 6,
          queries: [
            {
              expr: 'sum by (job, operation) (increase(storage_errors_total[$__rate_interval]))',
              legend: '{{job}} {{operation}}',
            },
          ],
        },
        {
          title: 'Calls of the queue',
          draw: 'line',
          unit: 'short',
          width: 6,
          queries: [
            {
              expr: 'sum by (call, result) (rate(queue_calls_total[$__rate_interval]))',
              legend: '{{call}} {{result}}',
            },
          ],
        },
        {
          title: 'Webhook and outbox lag',
          draw: 'line',
          unit: 's',
          width: 6,
          queries: [
            { expr: 'max(webhook_lag_seconds)', legend: 'webhooks' },
            { expr: 'max(outbox_lag_seconds)', legend: 'nudges' },
          ],
        },
        {
          title: 'Webhook deliveries given up',
          draw: 'stacked',
          unit: 'short',
          width: 6,
          queries: [
            {
              expr: 'sum by (error) (increase(webhook_failures_total[$__rate_interval]))',
              legend: '{{error}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Budgets',
      panels: [
        {
          title: 'Requests that end in 5xx',
          description: 'The objective is one in a thousand over 30 days.',
          draw: 'line',
          unit: 'percentunit',
          width: 12,
          queries: [
            { expr: 'millrace:api_errors:ratio_rate1h', legend: '1 h' },
            { expr: 'millrace:api_errors:ratio_rate6h', legend: '6 h' },
            { expr: 'millrace:api_errors:ratio_rate3d', legend: '3 d' },
          ],
        },
        {
          title: 'Requests that take more than half a second',
          description: 'The objective is one in a hundred over 30 days.',
          draw: 'line',
          unit: 'percentunit',
          width: 12,
          queries: [
            { expr: 'millrace:api_slow:ratio_rate1h', legend: '1 h' },
            { expr: 'millrace:api_slow:ratio_rate6h', legend: '6 h' },
            { expr: 'millrace:api_slow:ratio_rate3d', legend: '3 d' },
          ],
        },
      ],
    },
  ],
};
