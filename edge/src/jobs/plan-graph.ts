import { type JobPlan, type PlanRequest, planJob } from '@millrace/shared/media/plan.ts';
import type { FailureCode } from '@millrace/shared/task/failure-codes.ts';
import type { NewGraph } from '../tasks/complete-task.ts';
import type { GraphTask } from './take-over.ts';

export type GraphOutcome = { graph: NewGraph } | { code: FailureCode; message: string };

/** Plans a job for which nothing is used again. */
export function planGraph(request: PlanRequest, uuid: () => string): GraphOutcome {
  const outcome = planJob(request);
  if (!outcome.planned) return { code: outcome.code, message: outcome.message };
  const tasks = outcome.tasks.map((task) => ({ ...task, fingerprints: [], takenOver: null }));
  return { graph: toGraph(request, outcome.plan, tasks, uuid) };
}

/**
 * Gives planned tasks their ids: names become ids, dependencies become counters and unlock lists. What is taken over is
 * done: nothing waits for it, and it unlocks nothing.
 */
export function toGraph(
  { mediaInfo }: Pick<PlanRequest, 'mediaInfo'>,
  plan: JobPlan,
  planned: readonly GraphTask[],
  uuid: () => string,
): NewGraph {
  const idOf = new Map(planned.map((task) => [task.name, uuid()]));
  const taken = new Set(planned.flatMap((task) => (task.takenOver ? [task.name] : [])));
  const waitsFor = (task: GraphTask) => task.dependsOn.filter((name) => !taken.has(name));
  const unlocks = new Map<string, string[]>();
  for (const task of planned) {
    for (const name of waitsFor(task))
      unlocks.set(name, [...(unlocks.get(name) ?? []), known(idOf, task.name)]);
  }
  const tasks = planned.map((task) => ({
    id: known(idOf, task.name),
    kind: task.spec.kind,
    spec: task.spec,
    rank: task.rank,
    needs: task.needs,
    unlocks: unlocks.get(task.name) ?? [],
    depsLeft: waitsFor(task).length,
    workTotal: task.workTotal,
    fingerprints: task.fingerprints,
    takenOver: task.takenOver,
  }));
  return { mediaInfo, plan, tasks };
}

function known(idOf: Map<string, string>, name: string): string {
  const id = idOf.get(name);
  if (!id) throw new Error(`The plan names a task "${name}" that it does not hold`);
  return id;
}
