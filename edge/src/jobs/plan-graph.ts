import type { MediaInfo } from '@millrace/shared/media/media-info.ts';
import { planJob } from '@millrace/shared/media/plan.ts';
import type { Profile } from '@millrace/shared/media/profile.ts';
import type { FailureCode } from '@millrace/shared/task/failure-codes.ts';
import type { NewGraph } from '../tasks/complete-task.ts';

export type GraphOutcome = { graph: NewGraph } | { code: FailureCode; message: string };

/** Plans a job and gives its tasks their ids: names become ids, dependencies become counters and unlock lists. */
export function planGraph(
  mediaInfo: MediaInfo,
  profile: Profile,
  slots: number,
  uuid: () => string,
): GraphOutcome {
  const outcome = planJob(mediaInfo, profile, { slots });
  if (!outcome.planned) return { code: outcome.code, message: outcome.message };
  const idOf = new Map(outcome.tasks.map((task) => [task.name, uuid()]));
  const unlocks = new Map<string, string[]>();
  for (const task of outcome.tasks) {
    for (const name of task.dependsOn)
      unlocks.set(name, [...(unlocks.get(name) ?? []), known(idOf, task.name)]);
  }
  const tasks = outcome.tasks.map((task) => ({
    id: known(idOf, task.name),
    kind: task.spec.kind,
    spec: task.spec,
    rank: task.rank,
    needs: task.needs,
    unlocks: unlocks.get(task.name) ?? [],
    depsLeft: task.dependsOn.length,
    workTotal: task.workTotal,
  }));
  return { graph: { mediaInfo, plan: outcome.plan, tasks } };
}

function known(idOf: Map<string, string>, name: string): string {
  const id = idOf.get(name);
  if (!id) throw new Error(`The plan names a task "${name}" that it does not hold`);
  return id;
}
