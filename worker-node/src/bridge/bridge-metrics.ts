import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a bridge counts. */
export type BridgeMetrics = ReturnType<typeof createBridgeMetrics>;

export function createBridgeMetrics(registry: Registry) {
  const registers = [registry];
  const queueCalls = new Counter({
    name: 'queue_calls_total',
    help: 'Calls of the queue.',
    labelNames: ['call', 'result'],
    registers,
  });
  // A rate needs a value to grow from.
  for (const call of ['pull', 'settle', 'depth']) queueCalls.inc({ call, result: 'error' }, 0);
  return {
    queueCalls,
    queueDepth: new Gauge({
      name: 'queue_depth',
      help: 'Runnable tasks that no worker has yet, as the edge last said; at most 1,000.',
      registers,
    }),
    nudgeBacklog: new Gauge({
      name: 'nudge_backlog',
      help: 'Nudges in the queue, about.',
      registers,
    }),
    waitingWorkers: new Gauge({
      name: 'bridge_waiting_workers',
      help: 'Workers whose long poll is open.',
      registers,
    }),
    workers: new Gauge({
      name: 'bridge_workers',
      help: 'Workers that this bridge heard from within half a minute.',
      registers,
    }),
    nudgesPulled: new Counter({
      name: 'nudges_pulled_total',
      help: 'Nudges taken from the queue.',
      registers,
    }),
    nudgesSettled: new Counter({
      name: 'nudges_settled_total',
      help: 'Nudges acknowledged or given back.',
      labelNames: ['how'],
      registers,
    }),
    nudgeAgeSeconds: new Histogram({
      name: 'nudge_age_seconds',
      help: 'From the queue accepting a nudge to the bridge holding it.',
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    claims: new Counter({
      name: 'claims_total',
      help: 'Claims made at the edge.',
      labelNames: ['result'],
      registers,
    }),
    claimSeconds: new Histogram({
      name: 'claim_duration_seconds',
      help: 'How long a claim at the edge takes.',
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    assignments: new Counter({
      name: 'assignments_total',
      help: 'Claimed tasks that reached their worker, or had to be given back.',
      labelNames: ['fate'],
      registers,
    }),
    reportCalls: new Counter({
      name: 'report_calls_total',
      help: 'Calls that carried reports to the edge.',
      labelNames: ['result'],
      registers,
    }),
    reportBatchSize: new Histogram({
      name: 'report_batch_size',
      help: 'Reports in one call.',
      buckets: [0, 1, 2, 5, 10, 20, 50, 100, 200],
      registers,
    }),
  };
}
