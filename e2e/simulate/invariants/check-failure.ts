import type { JobState, TaskState } from '@millrace/shared/job/job-state.ts';
import { type FailureCode, isRetryable } from '@millrace/shared/task/failure-codes.ts';
import { MAX_FAILURES, POISON_DEATHS } from '@millrace/shared/task/lease-rules.ts';
import type { Film } from '../film.ts';
import type { WitnessDeps } from './witness.ts';

/** A job fails for a reason that truly was one: what merely happened around it never costs it the job. */
export function checkFailure(job: JobState, deps: WitnessDeps): void {
  const { failure } = job;
  const culprit = [...job.tasks.values()].find((task) => task.state === 'failed');
  if (!failure || !culprit) {
    deps.violations.report('a failed job says why', `${job.id} has no failure, or no task that failed`);
    return;
  }
  if (isDeserved(failure.code, culprit, job, deps)) return;
  const attempts = deps.attempts.of(culprit.id);
  const story = attempts
    .map(({ attempt, holder, outcome }) => `#${attempt} on ${holder} ${outcome}`)
    .join(', ');
  deps.violations.report(
    'a job whose tasks would all succeed in the end does not fail',
    `${job.id} failed with ${failure.code} at ${culprit.id} (${culprit.kind}; ${story}; ` +
      `ffmpeg failed with: ${deps.attempts.failures(culprit.id).join(', ') || 'nothing'})`,
  );
}

/** A start is rounded to a frame of the slowest rate there is. */
const HALF_A_FRAME_OF_ONE_A_SECOND = 500_000;

function isDeserved(code: FailureCode, culprit: TaskState, job: JobState, deps: WitnessDeps): boolean {
  const failures = deps.attempts.failures(culprit.id);
  switch (code) {
    case 'worker_crashed': {
      const deaths = deps.attempts
        .of(culprit.id)
        .filter((attempt) => attempt.outcome === 'expired' && deps.attempts.wasStruck(attempt));
      return deaths.length > POISON_DEATHS;
    }
    case 'no_capable_worker':
      return culprit.needs.some((need) => deps.scenario.lacks.includes(need));
    case 'nothing_to_encode':
      return deps.filmOf(job.id).info.video === null && deps.filmOf(job.id).info.audio.length === 0;
    case 'trim_out_of_range':
      return startsAfterItsEnd(deps.filmOf(job.id));
    case 'publish_failed':
      return deps.scenario.rates.failedStatement + deps.scenario.rates.lostStatementAnswer > 0;
    case 'init_mismatch':
      return deps.scenario.machines.some(({ workers }) => workers.some(({ encoder }) => encoder === 'odd'));
    case 'worker_error':
      return false;
    default:
      if (!isRetryable(code)) return failures.includes(code) && culprit.attempt >= 1;
      return failures.length >= MAX_FAILURES || (culprit.alone && failures.length > 0);
  }
}

function startsAfterItsEnd({ info, profile }: Film): boolean {
  return (profile.start_seconds ?? 0) * 1_000_000 + HALF_A_FRAME_OF_ONE_A_SECOND >= info.durationMicros;
}
