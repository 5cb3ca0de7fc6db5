import type { LogFields } from '@millrace/shared/log/log-fields.ts';
import { type TaskResult, type TaskSpec, taskSpec } from '@millrace/shared/task/task-spec.ts';
import type { OpenSpan } from '@millrace/shared/trace/trace.ts';
import { within } from '../clock/within.ts';
import type { Logger } from '../logger.ts';
import { TaskFailure } from '../task-failure.ts';
import { type Attempt, attemptFields } from './attempt.ts';
import { type AttemptEnd, endOf } from './attempt-end.ts';
import { countAttempt } from './count-attempt.ts';
import type { Heartbeats } from './heartbeats.ts';
import { type EndVerdict, reportEnd } from './report-end.ts';
import { reportStart } from './report-start.ts';
import type { Scratch } from './scratch.ts';
import type { ReportDeps } from './send-reports.ts';
import { createSignedUrls } from './signed-urls.ts';
import type { TaskContext } from './task-context.ts';
import { taskContextOf } from './task-context-of.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

/** Does the work of one task. Throws `TaskFailure` for a failure with a name; ends soon after `ctx.signal` fires. */
export type TaskRunner = (ctx: TaskContext) => Promise<TaskResult>;

/** A task that was stopped and has not ended by then is left to itself: its ffmpeg was killed long before. */
const STOP_LIMIT_MS = 15_000;

export interface AttemptDeps extends ReportDeps {
  runTask: TaskRunner;
  heartbeats: Heartbeats;
  scratch: Scratch;
  metrics: WorkerMetrics;
}

/** The life of an attempt: tell that it starts, do the work, tell how it ended, leave nothing behind. Never rejects. */
export async function runAttempt(deps: AttemptDeps, attempt: Attempt): Promise<void> {
  const spec = parseSpec(attempt.assignment.specJson);
  const kind = spec?.kind ?? 'unknown';
  const span = beginAttempt(attempt, kind);
  attempt.trace = span.trace;
  const log = deps.log.child(attemptFields(attempt));

  const startedAt = deps.clock.monotonic();
  const started = await reportStart(deps, attempt);
  if (started === 'refused') {
    attempt.lease.end();
    log.info({ kind }, 'start refused');
    deps.metrics.tasks.inc({ kind, outcome: 'refused' });
    span.set({ 'millrace.outcome': 'refused' });
    span.end();
    return;
  }
  if (started === 'accepted') {
    if (attempt.assignment.attempt > 1) deps.metrics.retries.inc({ kind });
    deps.metrics.startSeconds.observe((deps.clock.monotonic() - attempt.receivedAt) / 1000);
    log.info({ kind }, 'task started');
  }

  attempt.phase = 'running';
  deps.heartbeats.add(attempt);
  const lost = () => attempt.stop('lease_expired');
  attempt.lease.signal.addEventListener('abort', lost, { once: true });
  const end: AttemptEnd =
    started === 'accepted'
      ? await work(deps, attempt, spec, log)
      : { outcome: 'released', reason: notStarted(attempt) };
  attempt.phase = 'ending';
  const told = end.outcome === 'abandoned' ? end.reason : await tell(deps, attempt, end);
  deps.heartbeats.remove(attempt);
  attempt.lease.end();

  const seconds = (deps.clock.monotonic() - startedAt) / 1000;
  log.info({ kind, ...endFields(end), verdict: told, seconds }, 'task ended');
  span.set({ 'millrace.outcome': end.outcome, 'millrace.verdict': told });
  span.end(end.outcome === 'failed' ? `${end.code}: ${end.message}` : undefined);
  const { cpuMicros, assignment } = attempt;
  const isWhole = assignment.announced.length === 0;
  countAttempt(deps.metrics, { spec, end, told, seconds, cpuSeconds: cpuMicros / 1e6, isWhole });
}

function beginAttempt({ assignment, trace }: Attempt, kind: string): OpenSpan {
  const { taskId, attempt, jobId, projectId } = assignment;
  return trace.begin(`attempt ${kind}`, {
    kind: 'consumer',
    attributes: {
      'millrace.project_id': projectId,
      'millrace.job_id': jobId,
      'millrace.task_id': taskId,
      'millrace.attempt': attempt,
      'millrace.task_kind': kind,
    },
  });
}

function parseSpec(json: string): TaskSpec | null {
  try {
    return taskSpec.parse(JSON.parse(json));
  } catch {
    return null;
  }
}

function notStarted(attempt: Attempt): string {
  return attempt.signal.aborted ? 'drain' : 'not_started';
}

async function work(
  deps: AttemptDeps,
  attempt: Attempt,
  spec: TaskSpec | null,
  log: Logger,
): Promise<AttemptEnd> {
  let scratchDir: string | null = null;
  try {
    if (!spec) throw new TaskFailure('worker_error', 'the task is not one this worker knows');
    scratchDir = await deps.scratch.create(`${attempt.assignment.taskId}-${attempt.assignment.attempt}`);
    const ctx = taskContextOf({
      attempt,
      spec,
      scratchDir,
      urls: createSignedUrls(deps, attempt),
      log,
      onNews(segments) {
        deps.metrics.segments.inc(segments);
        deps.heartbeats.newsIsThere();
      },
    });
    const result = await endsAfterStop(deps, attempt, deps.runTask(ctx));
    if (attempt.failure) throw attempt.failure;
    return { outcome: 'completed', result };
  } catch (error) {
    const end = endOf(error, attempt.signal.reason);
    if (end.outcome === 'failed') log.warn({ err: error, code: end.code }, 'task failed');
    return end;
  } finally {
    if (scratchDir !== null) await removeScratch(deps, scratchDir, log);
  }
}

/** The task's own end, or an error when it does not end after it was stopped. */
async function endsAfterStop<T>(deps: AttemptDeps, attempt: Attempt, task: Promise<T>): Promise<T> {
  const stopped = new Promise<never>((_, reject) => {
    const onStop = () => {
      within(deps.clock, STOP_LIMIT_MS, undefined, () => task).catch(reject);
    };
    if (attempt.signal.aborted) onStop();
    else attempt.signal.addEventListener('abort', onStop, { once: true });
    task.finally(() => attempt.signal.removeEventListener('abort', onStop)).catch(() => {});
  });
  return await Promise.race([task, stopped]);
}

async function removeScratch(deps: AttemptDeps, directory: string, log: Logger): Promise<void> {
  try {
    await deps.scratch.remove(directory);
  } catch (error) {
    log.error({ err: error, path: directory }, 'scratch directory could not be removed');
  }
}

/** Tells the end; when the work turns out to be unusable on the way, tells that instead. */
async function tell(
  deps: AttemptDeps,
  attempt: Attempt,
  end: Exclude<AttemptEnd, { outcome: 'abandoned' }>,
): Promise<EndVerdict> {
  const verdict = await reportEnd(deps, attempt, end);
  if (verdict !== 'init_mismatch') return verdict;
  const failure = attempt.failure;
  await reportEnd(deps, attempt, {
    outcome: 'failed',
    code: 'init_mismatch',
    message: failure?.message ?? 'another initialisation segment stands',
  });
  return verdict;
}

/** How it ended, for the log: without the result. */
function endFields(end: AttemptEnd): LogFields {
  switch (end.outcome) {
    case 'completed':
      return { outcome: end.outcome };
    case 'failed':
      return { outcome: end.outcome, code: end.code, detail: end.message };
    case 'released':
    case 'abandoned':
      return { outcome: end.outcome, reason: end.reason };
    default:
      return end satisfies never;
  }
}
