import { isFinal } from '@millrace/shared/job/job-state.ts';
import type { Tables } from '../edge/tables.ts';
import { checkCounters } from './check-counters.ts';
import type { Violations } from './violations.ts';
import type { WatchfulWitness } from './witness.ts';

/** What must be true once there has been calm for long enough. */
export function checkEnd(tables: Tables, witness: WatchfulWitness, violations: Violations): void {
  for (const jobId of witness.acceptedJobs) {
    const job = tables.jobs.get(jobId)?.state;
    if (!job) {
      violations.report('an accepted job is there', `${jobId} is gone`);
      continue;
    }
    checkCounters(job, violations);
    if (isFinal(job.status)) continue;
    const open = [...job.tasks.values()].filter((task) => task.state !== 'done').slice(0, 5);
    violations.report(
      'no accepted job is stuck',
      `${jobId} is ${job.status} long after the last fault: ` +
        open.map((task) => `${task.id} ${task.kind} ${task.state}#${task.attempt}`).join(', '),
    );
  }
  const owed = witness.nudgesOwed();
  if (owed.length > 0) {
    violations.report('every nudge that was decided reaches the queue', `owed: ${owed.join(', ')}`);
  }
}
