import { TASK_KINDS } from '@millrace/shared/task/task-spec.ts';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ChildMeter } from '../media/child-meter.ts';
import { TROUBLES } from '../transfer/transfer-meter.ts';

/** What a worker counts. */
export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;

/** @param children Whose memory is told. Left out: that of nobody. */
export function createWorkerMetrics(registry: Registry, children?: Pick<ChildMeter, 'residentBytes'>) {
  const registers = [registry];
  const retries = new Counter({
    name: 'task_retries_total',
    help: 'Attempts that began after others at the same task.',
    labelNames: ['kind'],
    registers,
  });
  const leaseLosses = new Counter({
    name: 'lease_losses_total',
    help: 'Attempts that ended because their lease was gone.',
    labelNames: ['reason'],
    registers,
  });
  const storageErrors = new Counter({
    name: 'storage_errors_total',
    help: 'Requests to object storage that went wrong; most are tried again.',
    labelNames: ['operation', 'reason'],
    registers,
  });
  // A rate needs a value to grow from.
  for (const kind of TASK_KINDS) retries.inc({ kind }, 0);
  for (const reason of ['lease_lost', 'lease_expired', 'unconfirmed']) leaseLosses.inc({ reason }, 0);
  for (const operation of ['get', 'put'])
    for (const reason of TROUBLES) storageErrors.inc({ operation, reason }, 0);
  return {
    ...{ retries, leaseLosses, storageErrors },
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
    taskCpuSeconds: new Histogram({
      name: 'task_cpu_seconds',
      help: 'CPU time of the programs that an attempt ran, in seconds.',
      labelNames: ['kind'],
      buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600],
      registers,
    }),
    encodedMediaSeconds: new Counter({
      name: 'encoded_media_seconds_total',
      help: 'Length of the chunks that were encoded into all renditions, in seconds of film.',
      labelNames: ['codec'],
      registers,
    }),
    encodeSeconds: new Counter({
      name: 'encode_seconds_total',
      help: 'How long these chunks took, in seconds: film by this is the real-time factor of a slot.',
      labelNames: ['codec'],
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
    childMemory: new Gauge({
      name: 'child_resident_memory_bytes',
      help: 'Memory of the programs that run for this worker now; its own is in `process_resident_memory_bytes`.',
      registers,
      collect() {
        this.set(children?.residentBytes() ?? 0);
      },
    }),
  };
}
