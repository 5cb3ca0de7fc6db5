import { styleText } from 'node:util';
import type { Job } from './api.ts';

const barWidth = 28;

/** A job in one line: what it is doing, how far it is, how long it will take. */
export function jobLine(job: Job): string {
  switch (job.status) {
    case 'queued':
      return 'Waiting for a worker';
    case 'processing':
      return `Encoding  ${progressBar(job.progress)}  ${percent(job.progress)}  ${details(job)}`;
    case 'completed':
      return `Encoded   ${progressBar(1)}  ${percent(1)}`;
    case 'failed':
      return styleText('red', 'Failed');
    case 'canceled':
      return 'Canceled';
    default:
      return job.status satisfies never;
  }
}

/** `share` from 0 to 1. */
export function progressBar(share: number): string {
  const full = Math.round(share * barWidth);
  return styleText('cyan', '█'.repeat(full)) + styleText('dim', '░'.repeat(barWidth - full));
}

export function percent(share: number): string {
  return `${Math.floor(share * 100)} %`.padStart(5);
}

function details({ eta_seconds: etaSeconds, tasks }: Job): string {
  const eta = etaSeconds !== null ? `about ${duration(etaSeconds)} left, ` : '';
  return styleText('dim', `${eta}${tasks.done} of ${tasks.total} tasks done, ${tasks.running} running`);
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  return `${Math.round(seconds / 60)} min`;
}
