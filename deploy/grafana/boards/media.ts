import type { Board } from '../panel.ts';

/** What viewers wait for, and what encoding costs. */
export const media: Board = {
  uid: 'millrace-media',
  title: 'Millrace: media',
  description: 'First play, speed by codec, CPU and bytes per job and per project.',
  rows: [
    {
      title: 'Speed',
      panels: [
        {
          title: 'Until a job can be played',
          draw: 'line',
          unit: 's',
          width: 12,
          queries: [
            { expr: 'millrace:first_play_seconds:p50_1h', legend: 'median' },
            { expr: 'millrace:first_play_seconds:p95_1h', legend: '95th percentile' },
          ],
        },
        {
          title: 'Real-time factor by codec',
          description: 'Seconds of film that a slot encodes in a second, into all renditions of the codec.',
          draw: 'line',
          unit: 'short',
          width: 12,
          queries: [{ expr: 'codec:encode_realtime_factor:ratio_rate5m', legend: '{{codec}}' }],
        },
        {
          title: 'Tasks, 95th percentile',
          draw: 'line',
          unit: 's',
          width: 12,
          queries: [
            {
              expr: 'histogram_quantile(0.95, sum by (le, kind) (rate(task_duration_seconds_bucket[5m])))',
              legend: '{{kind}}',
            },
          ],
        },
        {
          title: 'Segments stored',
          draw: 'line',
          unit: 'short',
          width: 12,
          queries: [{ expr: 'sum(rate(segments_announced_total[$__rate_interval]))', legend: 'in a second' }],
        },
      ],
    },
    {
      title: 'Cost of a job',
      panels: [
        {
          title: 'CPU time per completed job',
          draw: 'line',
          unit: 's',
          queries: [
            {
              expr: 'sum(rate(job_cpu_seconds_sum[1h])) / (sum(rate(job_cpu_seconds_count[1h])) > 0)',
              legend: 'mean',
            },
            {
              expr: 'histogram_quantile(0.95, sum by (le) (rate(job_cpu_seconds_bucket[1h])))',
              legend: '95th percentile',
            },
          ],
        },
        {
          title: 'Bytes per completed job',
          draw: 'line',
          unit: 'bytes',
          queries: [
            {
              expr: 'sum by (direction) (rate(job_bytes_sum[1h])) / (sum by (direction) (rate(job_bytes_count[1h])) > 0)',
              legend: '{{direction}}, mean',
            },
          ],
        },
        {
          title: 'CPU time of tasks by kind',
          draw: 'stacked',
          unit: 'suffix: cores',
          queries: [
            { expr: 'sum by (kind) (rate(task_cpu_seconds_sum[$__rate_interval]))', legend: '{{kind}}' },
          ],
        },
      ],
    },
    {
      title: 'Cost of a project',
      panels: [
        {
          title: 'CPU time per project',
          description: 'Of jobs that ended, in an hour; the ten with the most.',
          draw: 'stacked',
          unit: 's',
          queries: [
            {
              expr: 'topk(10, sum by (project) (increase(project_cpu_seconds_total[1h])))',
              legend: '{{project}}',
            },
          ],
        },
        {
          title: 'Bytes read per project',
          draw: 'stacked',
          unit: 'bytes',
          queries: [
            {
              expr: 'topk(10, sum by (project) (increase(project_bytes_total{direction="read"}[1h])))',
              legend: '{{project}}',
            },
          ],
        },
        {
          title: 'Bytes stored per project',
          draw: 'stacked',
          unit: 'bytes',
          queries: [
            {
              expr: 'topk(10, sum by (project) (increase(project_bytes_total{direction="stored"}[1h])))',
              legend: '{{project}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Storage',
      panels: [
        {
          title: 'Bytes between workers and storage',
          draw: 'line',
          unit: 'Bps',
          width: 24,
          queries: [
            {
              expr: 'sum by (direction) (rate(storage_bytes_total[$__rate_interval]))',
              legend: '{{direction}}',
            },
          ],
        },
      ],
    },
  ],
};
