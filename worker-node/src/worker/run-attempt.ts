import { type TaskResult, type TaskSpec, taskSpec } from '@millrace/shared/task/task-spec.ts';
import type { Logger } from 'pino';
import { within } from '../clock/within.ts';
import { TaskFailure } from '../task-failure.ts';
import type { Attempt } from './attempt.ts';
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
  const { taskId, attempt: number, jobId, projectId, traceparent, requestId } = attempt.assignment;
  const log = deps.log.child({ taskId, attempt: number, jobId, projectId, traceparent, requestId });
  const spec = parseSpec(attempt.assignment.specJson);
  const kind = spec?.kind ?? 'unknown';

  const startedAt = deps.clock.monotonic();
  const started = await reportStart(deps, attempt);
  if (started === 'refused') {
    attempt.lease.end();
    log.info({ kind }, 'start refused');
    deps.metrics.tasks.inc({ kind, outcome: 'refused' });
    return;
  }
  if (started === 'accepted') {
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
  log.info({ kind, end: withoutResult(end), told, seconds }, 'task ended');
  countAttempt(deps.metrics, { spec, end, told, seconds });
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
    log.error({ err: error, directory }, 'scratch directory could not be removed');
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

function withoutResult(end: AttemptEnd): object {
  return end.outcome === 'completed' ? { outcome: end.outcome } : end;
}
