import { decide, newJob } from '@millrace/shared/job/decide.ts';
import type { JobState, TaskState } from '@millrace/shared/job/job-state.ts';
import type { PlannedTask } from '@millrace/shared/media/plan.ts';
import { type ClaimScene, chooseTasks } from '@millrace/shared/task/claim-order.ts';
import type { TaskKind } from '@millrace/shared/task/task-spec.ts';
import { createVirtualClock } from '../../worker-node/src/clock/virtual-clock.ts';

export interface SimulatedJob {
  /** What analyze makes of the source. */
  tasks: readonly PlannedTask[];
  /** Workers of one slot, all alike. */
  workers: number;
  analyzeSeconds: number;
  secondsOf(task: PlannedTask): number;
  /** From the end of one task, or from its becoming ready, to the start of the next. */
  handOverSeconds: number;
}

/** Seconds of virtual time. */
export interface SimulatedRun {
  /** From the first encode's claim to the last one's end. */
  encodePhase: number;
  /** From `POST /jobs` to the last segment. */
  hls: number;
  /** From `POST /jobs` to the last file. */
  done: number;
}

const LIMIT_MS = 100 * 3_600_000;

/**
 * One job on a fleet that has nothing else to do, in virtual time. Tasks unlock each other by the rules of `decide` and
 * are given out by the rules of `chooseTasks`: the very ones that the control plane's statements are tested against.
 */
export async function simulateFleet(request: SimulatedJob): Promise<SimulatedRun> {
  const { tasks, workers, analyzeSeconds, secondsOf, handOverSeconds } = request;
  const clock = createVirtualClock();
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const planned = newTasks(tasks);
  const capabilities = [...new Set(tasks.flatMap(({ needs }) => needs))];
  const ended = new Map<TaskKind, number>();
  let firstEncode = Number.POSITIVE_INFINITY;
  let idle = workers;
  let { job } = newJob({ id: 'job', projectId: 'project', priority: 0, createdAt: 0 }, ANALYZE);

  const giveOut = () => {
    if (idle === 0) return;
    const claimer = { capabilities, slots: idle, freeSlots: idle };
    for (const id of chooseTasks(sceneOf(job, workers, clock.now()), claimer, idle)) begin(id);
  };
  const begin = (id: string) => {
    const task = byName.get(id);
    const seconds = task ? secondsOf(task) : analyzeSeconds;
    idle -= 1;
    job = decide(job, { type: 'claim', taskId: id, token: id, now: clock.now() }).job;
    if (task?.spec.kind === 'encode-video') firstEncode = Math.min(firstEncode, clock.now());
    clock.setTimer((handOverSeconds + seconds) * 1000, () => end(id));
  };
  const end = (id: string) => {
    const graph = byName.has(id) ? [] : planned;
    const fence = { taskId: id, attempt: 1, token: id };
    job = decide(job, { type: 'complete', ...fence, now: clock.now(), planned: graph }).job;
    ended.set(byName.get(id)?.spec.kind ?? 'analyze', clock.now());
    idle += 1;
    giveOut();
  };

  giveOut();
  await clock.advanceUntil(() => isReadyToPublish(job), LIMIT_MS);
  const lastOf = (kinds: TaskKind[]) => Math.max(...kinds.map((kind) => ended.get(kind) ?? 0)) / 1000;
  return {
    encodePhase: lastOf(['encode-video']) - firstEncode / 1000,
    hls: lastOf(['encode-video', 'encode-audio', 'subtitles']),
    done: lastOf([...ended.keys()]),
  };
}

const ANALYZE = {
  id: 'analyze',
  kind: 'analyze' as const,
  ...{ rank: 0, needs: [], unlocks: [], depsLeft: 0, workTotal: 1 },
};

/** As the edge makes them of a plan; names serve as ids. */
function newTasks(tasks: readonly PlannedTask[]) {
  const unlocks = new Map<string, string[]>();
  for (const { name, dependsOn } of tasks) {
    for (const earlier of dependsOn) unlocks.set(earlier, [...(unlocks.get(earlier) ?? []), name]);
  }
  return tasks.map(({ name, spec, rank, needs, dependsOn, workTotal }) => ({
    ...{ id: name, kind: spec.kind, rank, needs, workTotal },
    unlocks: unlocks.get(name) ?? [],
    depsLeft: dependsOn.length,
  }));
}

function sceneOf(job: JobState, liveSlots: number, now: number): ClaimScene {
  const all = [...job.tasks.values()].filter(({ kind }) => kind !== 'publish');
  const running = all.filter(({ state }) => state === 'running').length;
  const { id: jobId, projectId, priority, createdAt: jobCreatedAt } = job;
  return {
    ready: all
      .filter(({ state }) => state === 'ready')
      .map(({ id: taskId, rank, needs, alone, runAfter }: TaskState) => ({
        ...{ taskId, jobId, projectId, priority, rank, needs, alone, jobCreatedAt },
        codec: null,
        waitedMs: now - runAfter,
      })),
    runningByJob: new Map([[jobId, running]]),
    runningByProject: new Map([[projectId, running]]),
    quotaByProject: new Map(),
    pauses: [],
    liveSlots,
    activeJobs: 1,
  };
}

function isReadyToPublish(job: JobState): boolean {
  return [...job.tasks.values()].some(({ kind, state }) => kind === 'publish' && state === 'ready');
}
