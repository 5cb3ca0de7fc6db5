/** Series as `promtool test rules` writes them, a value a minute unless the case says otherwise. */
type Series = Record<string, string>;

interface Case {
  series: Series;
  /** When it is looked at. */
  at: string;
  /** Between two values, and between two evaluations. Default: a minute. */
  interval?: string;
}

export interface AlertCase {
  alert: string;
  /** With the labels beside the rule's own, and how its summary reads. */
  fires: (Case & { labels?: Record<string, string>; summary: string })[];
  /** Nothing of this alert fires. */
  silent: Case[];
}

const edge = (rest = '') => `{job="millrace-edge",instance="edge"${rest}}`;
const http = (status: string, endpoint = '/jobs') =>
  `http_requests_total${edge(`,method="POST",endpoint="${endpoint}",status="${status}"`)}`;
const took = (suffix: string, le?: string, endpoint = '/jobs') =>
  `http_request_duration_seconds_${suffix}${edge(`,method="GET",endpoint="${endpoint}"${le ? `,le="${le}"` : ''}`)}`;

const ofCallers = '/millrace.v1.JobService/CreateJob';
const ofTheFleet = '/millrace.v1.FleetService/Report';

/** Every alert: what makes it fire, and the nearest that does not. */
export const ALERT_CASES: AlertCase[] = [
  {
    alert: 'MillraceEdgeDown',
    fires: [
      {
        series: { [`up${edge()}`]: '1x2 0x10' },
        at: '8m',
        summary: 'The control plane does not answer.',
      },
      {
        series: { 'up{job="millrace-bridge",instance="b"}': '1x10' },
        at: '5m',
        labels: { job: 'millrace-edge' },
        summary: 'The control plane does not answer.',
      },
    ],
    silent: [
      { series: { [`up${edge()}`]: '1 0 1x10' }, at: '6m' },
      { series: { [`up${edge()}`]: '0x10', 'up{job="millrace-edge",instance="other"}': '1x10' }, at: '8m' },
    ],
  },
  {
    alert: 'MillraceNoBridge',
    fires: [
      { series: { 'up{job="millrace-bridge",instance="b"}': '0x10' }, at: '5m', summary: 'No bridge runs.' },
      {
        series: { [`up${edge()}`]: '1x10' },
        at: '5m',
        labels: { job: 'millrace-bridge' },
        summary: 'No bridge runs.',
      },
    ],
    silent: [
      {
        series: {
          'up{job="millrace-bridge",instance="a"}': '0x10',
          'up{job="millrace-bridge",instance="b"}': '1x10',
        },
        at: '8m',
      },
    ],
  },
  {
    alert: 'MillraceTargetDown',
    fires: [
      {
        series: {
          'up{job="millrace-worker",instance="w1"}': '0x10',
          'up{job="millrace-worker",instance="w2"}': '1x10',
        },
        at: '5m',
        labels: { job: 'millrace-worker', instance: 'w1' },
        summary: 'millrace-worker w1 does not answer.',
      },
    ],
    silent: [
      { series: { 'up{job="millrace-worker",instance="w1"}': '0 0 1 0 0 1 1 1 1 1' }, at: '8m' },
      { series: { 'up{job="node",instance="n"}': '0x10' }, at: '8m' },
    ],
  },
  {
    alert: 'MillraceVersionSkew',
    fires: [
      {
        series: {
          'millrace_build_info{role="edge",version="0.1.0"}': '1x100',
          'millrace_build_info{role="worker",version="0.2.0"}': '1x100',
        },
        at: '70m',
        summary: '2 versions run side by side.',
      },
    ],
    silent: [
      {
        series: {
          'millrace_build_info{role="edge",version="0.2.0"}': '1x100',
          'millrace_build_info{role="worker",version="0.1.0"}': '1x30 stale',
          'millrace_build_info{role="worker",version="0.2.0"}': '1x100',
        },
        at: '90m',
      },
    ],
  },
  {
    alert: 'MillraceNoWorkers',
    fires: [
      {
        series: { 'bridge_workers{instance="b"}': '2x2 0x20', [`queue_depth${edge()}`]: '3x30' },
        at: '8m',
        summary: 'Tasks wait, and no worker is in sight.',
      },
      {
        series: { [`queue_depth${edge()}`]: '3x30' },
        at: '8m',
        summary: 'Tasks wait, and no worker is in sight.',
      },
    ],
    silent: [
      { series: { 'bridge_workers{instance="b"}': '0x20', [`queue_depth${edge()}`]: '0x20' }, at: '8m' },
      {
        series: {
          'bridge_workers{instance="a"}': '0x20',
          'bridge_workers{instance="b"}': '1x20',
          [`queue_depth${edge()}`]: '3x20',
        },
        at: '8m',
      },
    ],
  },
  {
    alert: 'MillraceWorkersMissing',
    fires: [
      {
        series: { 'bridge_workers{instance="b"}': '4x10 2x20', [`queue_depth${edge()}`]: '9x30' },
        at: '15m',
        summary: 'Tasks wait, and only 2 workers are left.',
      },
    ],
    silent: [
      {
        series: { 'bridge_workers{instance="b"}': '4x10 3x20', [`queue_depth${edge()}`]: '9x30' },
        at: '20m',
      },
      {
        series: { 'bridge_workers{instance="b"}': '4x10 1x20', [`queue_depth${edge()}`]: '0x30' },
        at: '20m',
      },
    ],
  },
  {
    alert: 'MillraceQueueAge',
    fires: [
      {
        series: { [`queue_wait_seconds${edge()}`]: '0+60x30' },
        at: '12m',
        summary: 'A job has waited 12m 0s for a worker.',
      },
    ],
    silent: [
      { series: { [`queue_wait_seconds${edge()}`]: '290x30' }, at: '20m' },
      {
        series: {
          [`queue_age_seconds${edge()}`]: '0+60x30',
          [`queue_wait_seconds${edge()}`]: '0x30',
        },
        at: '20m',
      },
    ],
  },
  {
    alert: 'MillraceQueueStandsStill',
    fires: [
      {
        series: {
          [`queue_age_seconds${edge()}`]: '0+60x30',
          'worker_slots{instance="w"}': '4x30',
          'worker_slots_busy{instance="w"}': '1x30',
          'assignments_total{fate="handed_over"}': '5x30',
          'assignments_total{fate="given_back"}': '0+1x30',
        },
        at: '10m',
        summary: 'A task has waited 10m 0s while workers are free.',
      },
    ],
    silent: [
      {
        series: {
          [`queue_age_seconds${edge()}`]: '0+60x30',
          'worker_slots{instance="w"}': '4x30',
          'worker_slots_busy{instance="w"}': '4x30',
        },
        at: '10m',
      },
      {
        series: {
          [`queue_age_seconds${edge()}`]: '0+60x30',
          'worker_slots{instance="w"}': '4x30',
          'worker_slots_busy{instance="w"}': '1x30',
          'assignments_total{fate="handed_over"}': '5+1x30',
        },
        at: '10m',
      },
    ],
  },
  {
    alert: 'MillraceQueueUnreachable',
    fires: [
      {
        series: {
          'queue_calls_total{call="pull",result="error"}': '0+6x30',
          'queue_calls_total{call="pull",result="answered"}': '40+2x30',
        },
        at: '10m',
        summary: '75% of the calls of the queue fail.',
      },
    ],
    silent: [
      {
        series: {
          'queue_calls_total{call="pull",result="error"}': '0+2x30',
          'queue_calls_total{call="pull",result="answered"}': '40+6x30',
        },
        at: '10m',
      },
    ],
  },
  {
    alert: 'MillraceOutboxLag',
    fires: [
      {
        series: { [`outbox_lag_seconds${edge()}`]: '0+60x30' },
        at: '6m',
        summary: 'Nudges are 6m 0s late.',
      },
    ],
    silent: [{ series: { [`outbox_lag_seconds${edge()}`]: '0 90 0 90 0 0 50x20' }, at: '15m' }],
  },
  {
    alert: 'MillraceDispatchPaused',
    fires: [
      {
        series: { [`paused_tasks${edge()}`]: '7x100' },
        at: '70m',
        summary: '7 tasks have been held back by a pause for an hour.',
      },
    ],
    silent: [{ series: { [`paused_tasks${edge()}`]: '7x50 0x50' }, at: '70m' }],
  },
  {
    alert: 'MillraceJobsWithoutProgress',
    fires: [
      {
        series: { [`jobs_without_progress${edge()}`]: '2x20' },
        at: '6m',
        summary: '2 jobs have not moved for a quarter of an hour.',
      },
    ],
    silent: [{ series: { [`jobs_without_progress${edge()}`]: '1 1 0 1 1 0 0 0 0 0' }, at: '8m' }],
  },
  {
    alert: 'MillraceJobFailures',
    fires: [
      {
        series: {
          [`job_failures_total${edge(',code="encoder_failed"')}`]: '0+0.2x120',
          [`jobs_processed_total${edge(',status="failed"')}`]: '0+0.2x120',
          [`jobs_processed_total${edge(',status="completed"')}`]: '0+0.8x120',
        },
        at: '80m',
        labels: { code: 'encoder_failed' },
        summary: '20% of all jobs fail with encoder_failed.',
      },
    ],
    silent: [
      {
        // The fault of those who upload.
        series: {
          [`job_failures_total${edge(',code="source_unreadable"')}`]: '0+0.2x120',
          [`jobs_processed_total${edge(',status="failed"')}`]: '0+0.2x120',
        },
        at: '80m',
      },
      {
        // One alone.
        series: {
          [`job_failures_total${edge(',code="encoder_failed"')}`]: '0x10 1x110',
          [`jobs_processed_total${edge(',status="failed"')}`]: '0x10 1x110',
        },
        at: '60m',
      },
      {
        // Few among many.
        series: {
          [`job_failures_total${edge(',code="encoder_failed"')}`]: '0+0.2x120',
          [`jobs_processed_total${edge(',status="completed"')}`]: '0+10x120',
        },
        at: '80m',
      },
    ],
  },
  {
    alert: 'MillraceMostJobsFail',
    fires: [
      {
        series: {
          [`jobs_processed_total${edge(',status="failed"')}`]: '0+3x60',
          [`jobs_processed_total${edge(',status="completed"')}`]: '0+1x60',
        },
        at: '45m',
        summary: '75% of all jobs fail, whatever the code.',
      },
    ],
    silent: [
      {
        series: {
          [`jobs_processed_total${edge(',status="failed"')}`]: '0+1x60',
          [`jobs_processed_total${edge(',status="completed"')}`]: '0+3x60',
        },
        at: '45m',
      },
      { series: { [`jobs_processed_total${edge(',status="failed"')}`]: '0x20 3x40' }, at: '40m' },
    ],
  },
  {
    alert: 'MillraceSlowFirstPlay',
    fires: [
      {
        series: {
          [`first_play_seconds_bucket${edge(',le="128"')}`]: '0x120',
          [`first_play_seconds_bucket${edge(',le="256"')}`]: '0+1x120',
          [`first_play_seconds_bucket${edge(',le="+Inf"')}`]: '0+1x120',
          [`first_play_seconds_count${edge()}`]: '0+1x120',
        },
        at: '60m',
        summary: 'One job in twenty can be played only after 4m 9s.',
      },
    ],
    silent: [
      {
        series: {
          [`first_play_seconds_bucket${edge(',le="8"')}`]: '0+1x120',
          [`first_play_seconds_bucket${edge(',le="+Inf"')}`]: '0+1x120',
          [`first_play_seconds_count${edge()}`]: '0+1x120',
        },
        at: '60m',
      },
      {
        // Too few to say.
        series: {
          [`first_play_seconds_bucket${edge(',le="256"')}`]: '0x10 2x110',
          [`first_play_seconds_bucket${edge(',le="+Inf"')}`]: '0x10 2x110',
          [`first_play_seconds_count${edge()}`]: '0x10 2x110',
        },
        at: '60m',
      },
    ],
  },
  {
    alert: 'MillraceLeaseLosses',
    fires: [
      {
        series: {
          [`leases_expired_total${edge(',kind="encode-video"')}`]: '0+0.4x60',
          'lease_losses_total{instance="w",reason="lease_lost"}': '0+0.2x60',
        },
        at: '30m',
        summary: '9 attempts lost their lease within a quarter of an hour.',
      },
    ],
    silent: [{ series: { [`leases_expired_total${edge(',kind="encode-video"')}`]: '0x5 2x60' }, at: '15m' }],
  },
  {
    alert: 'MillraceDeadLetters',
    fires: [
      {
        series: {
          [`webhook_failures_total${edge(',error="status"')}`]: '0+0.2x120',
          [`webhook_failures_total${edge(',error="timeout"')}`]: '0+0.1x120',
          [`dead_letters${edge(',kind="delivery"')}`]: '10x120',
          [`dead_letters${edge(',kind="task"')}`]: '0x120',
        },
        at: '70m',
        labels: { kind: 'delivery' },
        summary: '18 of kind delivery were given up lately.',
      },
      {
        // One receiver that is never there: a few every hour.
        series: {
          [`webhook_failures_total${edge(',error="status"')}`]: '0+0.1x1500',
          [`dead_letters${edge(',kind="delivery"')}`]: '140x1500',
          [`dead_letters${edge(',kind="task"')}`]: '0x1500',
        },
        at: '24h',
        labels: { kind: 'delivery' },
        summary: '144 of kind delivery were given up lately.',
      },
      {
        // More than are counted as letters, as many every hour, and as old ones go as new ones come.
        series: {
          [`job_failures_total${edge(',code="storage_unavailable"')}`]: '0+1x120',
          [`dead_letters${edge(',kind="task"')}`]: '1000x120',
          [`dead_letters${edge(',kind="delivery"')}`]: '0x120',
        },
        at: '70m',
        labels: { kind: 'task' },
        summary: '60 of kind task were given up lately.',
      },
    ],
    silent: [
      {
        // Old ones.
        series: {
          [`webhook_failures_total${edge(',error="status"')}`]: '40x120',
          [`dead_letters${edge(',kind="delivery"')}`]: '40x120',
        },
        at: '70m',
      },
      {
        // Broken sources: nothing is to be tried again.
        series: {
          [`job_failures_total${edge(',code="source_unreadable"')}`]: '0+1x120',
          [`dead_letters${edge(',kind="task"')}`]: '1000x120',
        },
        at: '70m',
      },
      {
        // Somebody has tried them again, and has left those of another kind.
        series: {
          [`webhook_failures_total${edge(',error="status"')}`]: '0+1x120',
          [`dead_letters${edge(',kind="delivery"')}`]: '0+1x60 2x60',
          [`dead_letters${edge(',kind="task"')}`]: '40x120',
        },
        at: '70m',
      },
    ],
  },
  {
    alert: 'MillraceWebhookLag',
    fires: [
      {
        series: { [`webhook_lag_seconds${edge()}`]: '0+60x30' },
        at: '10m',
        summary: 'Webhooks go out 10m 0s late.',
      },
    ],
    silent: [{ series: { [`webhook_lag_seconds${edge()}`]: '100 300 0 100 300 0 0 0 0 0 0' }, at: '10m' }],
  },
  {
    alert: 'MillraceStorageErrors',
    fires: [
      {
        series: { 'storage_errors_total{job="millrace-worker",operation="put",reason="network"}': '0+3x40' },
        at: '20m',
        labels: { job: 'millrace-worker', operation: 'put', reason: 'network' },
        summary: '30 requests to storage went wrong in ten minutes (millrace-worker, put, network).',
      },
    ],
    silent: [
      {
        series: { 'storage_errors_total{job="millrace-worker",operation="put",reason="network"}': '0+1x40' },
        at: '20m',
      },
    ],
  },
  {
    alert: 'MillraceReportsFail',
    fires: [
      {
        series: {
          'report_calls_total{result="error"}': '0+1x30',
          'report_calls_total{result="answered"}': '0+3x30',
        },
        at: '10m',
        summary: '25% of the reports of bridges do not reach the edge.',
      },
    ],
    silent: [
      {
        series: {
          'report_calls_total{result="error"}': '0+1x30',
          'report_calls_total{result="answered"}': '0+9x30',
        },
        at: '10m',
      },
    ],
  },
  {
    alert: 'MillraceApiSlow',
    fires: [
      {
        series: {
          [http('200')]: '0+60x60',
          [took('bucket', '1')]: '0+50x60',
          [took('bucket', '2.5')]: '0+60x60',
          [took('bucket', '+Inf')]: '0+60x60',
        },
        at: '30m',
        summary: 'One request in a hundred takes more than 2.41s.',
      },
      {
        series: {
          [http('200', ofCallers)]: '0+60x60',
          [took('bucket', '1', ofCallers)]: '0+50x60',
          [took('bucket', '2.5', ofCallers)]: '0+60x60',
          [took('bucket', '+Inf', ofCallers)]: '0+60x60',
        },
        at: '30m',
        summary: 'One request in a hundred takes more than 2.41s.',
      },
    ],
    silent: [
      {
        series: {
          [http('200')]: '0+60x60',
          [took('bucket', '1')]: '0+60x60',
          [took('bucket', '+Inf')]: '0+60x60',
        },
        at: '30m',
      },
      {
        // Scrapes are no clients, and one request now and then is no sample.
        series: {
          [http('200')]: '0+1x60',
          [took('bucket', '1', '/metrics')]: '0x60',
          [took('bucket', '+Inf', '/metrics')]: '0+60x60',
        },
        at: '30m',
      },
      {
        // The fleet is slow, callers are not.
        series: {
          [http('200', ofTheFleet)]: '0+60x60',
          [took('bucket', '1', ofTheFleet)]: '0x60',
          [took('bucket', '2.5', ofTheFleet)]: '0+60x60',
          [took('bucket', '+Inf', ofTheFleet)]: '0+60x60',
          [http('200', ofCallers)]: '0+60x60',
          [took('bucket', '1', ofCallers)]: '0+60x60',
          [took('bucket', '2.5', ofCallers)]: '0+60x60',
          [took('bucket', '+Inf', ofCallers)]: '0+60x60',
        },
        at: '30m',
      },
    ],
  },
  {
    alert: 'MillraceErrorBudgetFast',
    fires: [
      {
        series: { [http('500')]: '0+2x120', [http('200')]: '0+98x120' },
        at: '70m',
        summary: '2% of all requests end in 5xx.',
      },
      {
        series: { [http('500')]: '0+0.8x450', [http('200')]: '0+99.2x450' },
        at: '7h',
        summary: '0.8% of all requests end in 5xx.',
      },
      {
        // Whatever the fleet is answered beside it.
        series: {
          [http('503', ofCallers)]: '0+2x120',
          [http('200', ofCallers)]: '0+98x120',
          [http('200', ofTheFleet)]: '0+9900x120',
        },
        at: '70m',
        summary: '2% of all requests end in 5xx.',
      },
    ],
    silent: [
      { series: { [http('500')]: '0+2x60 120x60', [http('200')]: '0+98x120' }, at: '95m' },
      { series: { [http('404')]: '0+50x120', [http('200')]: '0+50x120' }, at: '70m' },
      { series: { [http('503', '/health')]: '0+50x120', [http('200')]: '0+98x120' }, at: '70m' },
      { series: { [http('503', ofTheFleet)]: '0+50x120', [http('200', ofCallers)]: '0+98x120' }, at: '70m' },
    ],
  },
  {
    alert: 'MillraceErrorBudgetSlow',
    fires: [
      {
        interval: '10m',
        series: { [http('500')]: '0+2x500', [http('200')]: '0+998x500' },
        at: '75h',
        summary: '0.2% of all requests end in 5xx.',
      },
    ],
    silent: [
      {
        interval: '10m',
        series: { [http('500')]: '0+0.5x500', [http('200')]: '0+999.5x500' },
        at: '75h',
      },
    ],
  },
  {
    alert: 'MillraceLatencyBudgetFast',
    fires: [
      {
        series: { [took('bucket', '0.5')]: '0+80x120', [took('count')]: '0+100x120' },
        at: '70m',
        summary: '20% of all requests take longer than half a second.',
      },
    ],
    silent: [
      { series: { [took('bucket', '0.5')]: '0+97x120', [took('count')]: '0+100x120' }, at: '70m' },
      {
        series: {
          [took('bucket', '0.5', ofTheFleet)]: '0+20x120',
          [took('count', undefined, ofTheFleet)]: '0+100x120',
          [took('bucket', '0.5', ofCallers)]: '0+97x120',
          [took('count', undefined, ofCallers)]: '0+100x120',
        },
        at: '70m',
      },
    ],
  },
  {
    alert: 'MillraceLatencyBudgetSlow',
    fires: [
      {
        interval: '10m',
        series: { [took('bucket', '0.5')]: '0+98x500', [took('count')]: '0+100x500' },
        at: '75h',
        summary: '2% of all requests take longer than half a second.',
      },
    ],
    silent: [
      {
        interval: '10m',
        series: { [took('bucket', '0.5')]: '0+99.5x500', [took('count')]: '0+100x500' },
        at: '75h',
      },
    ],
  },
];
