import { EVENT_LOOP_LOOK_MS } from '../../../worker-node/src/metrics.ts';
import type { Board } from '../panel.ts';

/** The processes: whether they run, and what they use. */
export const fleet: Board = {
  uid: 'millrace-fleet',
  title: 'Millrace: fleet',
  description: 'Bridges, workers and gRPC: CPU, memory, slots.',
  rows: [
    {
      title: 'Slots',
      panels: [
        {
          title: 'Workers',
          draw: 'line',
          unit: 'short',
          queries: [
            { expr: 'sum(up{job="millrace-worker"})', legend: 'answer' },
            { expr: 'millrace:workers:sum', legend: 'in sight of bridges' },
            { expr: 'sum(bridge_waiting_workers)', legend: 'waiting' },
          ],
        },
        {
          title: 'Slots',
          draw: 'line',
          unit: 'short',
          queries: [
            { expr: 'millrace:slots:sum', legend: 'there are' },
            { expr: 'millrace:slots_busy:sum', legend: 'busy' },
          ],
        },
        {
          title: 'Backlog per slot',
          draw: 'line',
          unit: 'short',
          queries: [{ expr: 'millrace:backlog_per_slot:ratio', legend: 'tasks' }],
        },
      ],
    },
    {
      title: 'CPU and memory',
      panels: [
        {
          title: 'CPU per role',
          description:
            'Of Node alone, and of the programs that workers run: those are counted when they end. Cloudflare tells no CPU of the edge.',
          draw: 'stacked',
          unit: 'suffix: cores',
          width: 12,
          queries: [
            {
              expr: 'sum by (job) (rate(process_cpu_seconds_total{job=~"millrace-.+"}[$__rate_interval]))',
              legend: '{{job}}',
            },
            { expr: 'sum(rate(task_cpu_seconds_sum[$__rate_interval]))', legend: 'ffmpeg' },
          ],
        },
        {
          title: 'Memory per role',
          draw: 'stacked',
          unit: 'bytes',
          width: 12,
          queries: [
            { expr: 'sum by (job) (process_resident_memory_bytes{job=~"millrace-.+"})', legend: '{{job}}' },
            { expr: 'sum(child_resident_memory_bytes)', legend: 'ffmpeg' },
          ],
        },
        {
          title: 'Event loop, 99th percentile',
          draw: 'line',
          unit: 's',
          width: 12,
          queries: [
            {
              // Without the time between two looks, which every delay holds.
              expr: `clamp_min(max by (job) (nodejs_eventloop_lag_p99_seconds{job=~"millrace-.+"}) - ${EVENT_LOOP_LOOK_MS / 1_000}, 0)`,
              legend: '{{job}}',
            },
          ],
        },
        {
          title: 'Versions',
          draw: 'line',
          unit: 'short',
          width: 12,
          queries: [
            { expr: 'count by (role, version) (millrace_build_info)', legend: '{{role}} {{version}}' },
          ],
        },
      ],
    },
    {
      title: 'From nudge to task',
      panels: [
        {
          title: 'Nudges',
          draw: 'line',
          unit: 'short',
          queries: [
            { expr: 'sum(rate(nudges_pulled_total[$__rate_interval]))', legend: 'pulled' },
            { expr: 'max(nudge_backlog)', legend: 'in the queue' },
          ],
        },
        {
          title: 'Age of a nudge, 95th percentile',
          draw: 'line',
          unit: 's',
          queries: [
            {
              expr: 'histogram_quantile(0.95, sum by (le) (rate(nudge_age_seconds_bucket[5m])))',
              legend: 'when pulled',
            },
          ],
        },
        {
          title: 'Claim and start, 95th percentile',
          draw: 'line',
          unit: 's',
          queries: [
            {
              expr: 'histogram_quantile(0.95, sum by (le) (rate(claim_duration_seconds_bucket[5m])))',
              legend: 'claim',
            },
            {
              expr: 'histogram_quantile(0.95, sum by (le) (rate(task_start_seconds_bucket[5m])))',
              legend: 'start',
            },
          ],
        },
        {
          title: 'Claims',
          draw: 'line',
          unit: 'short',
          queries: [{ expr: 'sum by (result) (rate(claims_total[$__rate_interval]))', legend: '{{result}}' }],
        },
        {
          title: 'Reports to the edge',
          draw: 'line',
          unit: 'short',
          queries: [
            { expr: 'sum by (result) (rate(report_calls_total[$__rate_interval]))', legend: '{{result}}' },
          ],
        },
        {
          title: 'Long polls of workers',
          draw: 'line',
          unit: 'short',
          queries: [
            { expr: 'sum by (result) (rate(worker_polls_total[$__rate_interval]))', legend: '{{result}}' },
          ],
        },
      ],
    },
  ],
};
