import { isFinal, type JobState } from '@millrace/shared/job/job-state.ts';
import type { Violations } from './violations.ts';

/** Counters say what counting would, and a task waits exactly as long as it has something to wait for. */
export function checkCounters(job: JobState, violations: Violations): void {
  if (isFinal(job.status)) return;
  const waitsFor = new Map<string, number>();
  let left = 0;
  for (const task of job.tasks.values()) {
    if (task.state === 'done') continue;
    left += 1;
    for (const id of task.unlocks) waitsFor.set(id, (waitsFor.get(id) ?? 0) + 1);
  }
  if (left !== job.tasksLeft) {
    violations.report(
      'tasksLeft is the number of tasks that are not done',
      `${job.id}: ${job.tasksLeft}, not ${left}`,
    );
  }
  for (const task of job.tasks.values()) {
    const waits = waitsFor.get(task.id) ?? 0;
    if (task.depsLeft !== waits) {
      violations.report(
        'depsLeft is the number of dependencies that are not done',
        `${task.id} (${task.kind}, ${task.state}): ${task.depsLeft}, not ${waits}`,
      );
    }
    if ((task.state === 'blocked') !== waits > 0) {
      violations.report(
        'a task is blocked exactly while it has something to wait for',
        `${task.id} (${task.kind}) waits for ${waits} and is ${task.state}`,
      );
    }
  }
}
