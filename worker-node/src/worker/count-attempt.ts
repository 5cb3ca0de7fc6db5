import { toNumber } from '@millrace/shared/media/fraction.ts';
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
  /** CPU time of the programs that it ran. */
  cpuSeconds: number;
  /** Nothing of it was there from an earlier attempt. */
  isWhole: boolean;
}

/** Counts an attempt by what became of it, which is what the edge made of it. */
export function countAttempt(metrics: WorkerMetrics, attempt: EndedAttempt): void {
  const { spec, end, told, seconds, cpuSeconds } = attempt;
  const kind = spec?.kind ?? 'unknown';
  const outcome = told === 'accepted' ? end.outcome : told === 'init_mismatch' ? 'failed' : told;
  metrics.tasks.inc({ kind, outcome });
  metrics.taskSeconds.observe({ kind }, seconds);
  metrics.taskCpuSeconds.observe({ kind }, cpuSeconds);
  countEncoding(metrics, attempt);
  if (told === 'lease_lost' || told === 'lease_expired' || told === 'unconfirmed') {
    metrics.leaseLosses.inc({ reason: told });
  }
  const code = told === 'init_mismatch' ? told : end.outcome === 'failed' ? end.code : null;
  if (code === null) return;
  metrics.failures.inc({ kind, code });
  for (const resolution of resolutionsOf(spec)) metrics.transcodeErrors.inc({ resolution });
}

/** What a codec was asked for and how long it took, both of whole chunks: their ratio is the real-time factor. */
function countEncoding(metrics: WorkerMetrics, { spec, end, told, seconds, isWhole }: EndedAttempt): void {
  if (spec?.kind !== 'encode-video' || end.outcome !== 'completed' || told !== 'accepted' || !isWhole) return;
  if (end.result.kind !== 'encode-video') return;
  const codec = spec.renditions[0]?.codec ?? 'unknown';
  metrics.encodeSeconds.inc({ codec }, seconds);
  metrics.encodedMediaSeconds.inc({ codec }, end.result.frames / toNumber(spec.frameRate));
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
