import type { TaskSpec } from '@millrace/shared/task/task-spec.ts';
import type { AttemptEnd } from './attempt-end.ts';
import type { EndVerdict } from './report-end.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

export interface EndedAttempt {
  spec: TaskSpec | null;
  end: AttemptEnd;
  /** What the edge made of it, or why nobody was told. */
  told: EndVerdict | Extract<AttemptEnd, { outcome: 'abandoned' }>['reason'];
  seconds: number;
}

/** Counts an attempt by what became of it, which is what the edge made of it. */
export function countAttempt(metrics: WorkerMetrics, { spec, end, told, seconds }: EndedAttempt): void {
  const kind = spec?.kind ?? 'unknown';
  const outcome = told === 'accepted' ? end.outcome : told === 'init_mismatch' ? 'failed' : told;
  metrics.tasks.inc({ kind, outcome });
  metrics.taskSeconds.observe({ kind }, seconds);
  if (told === 'lease_lost' || told === 'lease_expired' || told === 'unconfirmed') {
    metrics.leaseLosses.inc({ reason: told });
  }
  const code = told === 'init_mismatch' ? told : end.outcome === 'failed' ? end.code : null;
  if (code === null) return;
  metrics.failures.inc({ kind, code });
  for (const resolution of resolutionsOf(spec)) metrics.transcodeErrors.inc({ resolution });
}

function resolutionsOf(spec: TaskSpec | null): string[] {
  switch (spec?.kind) {
    case 'encode-video':
      return spec.renditions.map((rendition) => rendition.name);
    case 'assemble':
      return spec.rendition ? [spec.rendition.name] : [];
    case 'fetch':
    case 'analyze':
    case 'encode-audio':
    case 'poster':
    case 'subtitles':
    case 'storyboard':
    case 'measure-quality':
    case 'publish':
    case undefined:
      return [];
    default:
      return spec satisfies never;
  }
}
