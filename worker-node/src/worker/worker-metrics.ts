import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What a worker counts. */
export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;

export function createWorkerMetrics(registry: Registry) {
  const registers = [registry];
  return {
    slots: new Gauge({ name: 'worker_slots', help: 'Tasks this worker can run at once.', registers }),
    slotsBusy: new Gauge({ name: 'worker_slots_busy', help: 'Tasks this worker runs now.', registers }),
    polls: new Counter({
      name: 'worker_polls_total',
      help: 'Long polls at the bridge, by what they brought.',
      labelNames: ['result'],
      registers,
    }),
    startSeconds: new Histogram({
      name: 'task_start_seconds',
      help: 'From receiving a task to its start being accepted.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    tasks: new Counter({
      name: 'tasks_total',
      help: 'Attempts by kind of task and how they ended; `unconfirmed` ones nobody could be told of.',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
    taskSeconds: new Histogram({
      name: 'task_duration_seconds',
      help: 'From the accepted start of an attempt to its end.',
      labelNames: ['kind'],
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800],
      registers,
    }),
    failures: new Counter({
      name: 'task_failures_total',
      help: 'Failed attempts by kind of task and failure code.',
      labelNames: ['kind', 'code'],
      registers,
    }),
    transcodeErrors: new Counter({
      name: 'transcode_errors_total',
      help: 'Failed attempts at making a rendition.',
      labelNames: ['resolution'],
      registers,
    }),
    leaseLosses: new Counter({
      name: 'lease_losses_total',
      help: 'Attempts that ended because their lease was gone.',
      labelNames: ['reason'],
      registers,
    }),
    segments: new Counter({
      name: 'segments_announced_total',
      help: 'Segments encoded, verified and stored.',
      registers,
    }),
    storageBytes: new Counter({
      name: 'storage_bytes_total',
      help: 'Bytes moved between this worker and object storage.',
      labelNames: ['direction'],
      registers,
    }),
  };
}
