import { type DispatchPause, isPaused, type PausableCodec } from './dispatch-pause.ts';
import { ALONE_PATIENCE_MS, dispatchWindow } from './lease-rules.ts';

/** A ready task, as the choice sees it. */
export interface Claimable {
  taskId: string;
  jobId: string;
  projectId: string;
  priority: number;
  rank: number;
  needs: readonly string[];
  /** See `codecOf`. */
  codec: PausableCodec | null;
  alone: boolean;
  /** Since its `runAfter`. */
  waitedMs: number;
  /** Milliseconds; the job's age breaks ties. */
  jobCreatedAt: number;
}

export interface ClaimScene {
  /** Tasks that are ready and whose `runAfter` has passed. */
  ready: readonly Claimable[];
  /** Tasks running now, by job and by project. */
  runningByJob: ReadonlyMap<string, number>;
  runningByProject: ReadonlyMap<string, number>;
  /** How many tasks of a project may run at once; absent for any number. */
  quotaByProject: ReadonlyMap<string, number>;
  /** Those in force. */
  pauses: readonly DispatchPause[];
  liveSlots: number;
  /** But for those of which a pause holds back everything. */
  activeJobs: number;
}

export interface Claimer {
  capabilities: readonly string[];
  slots: number;
  freeSlots: number;
}

/**
 * Which ready tasks a worker gets, best first, at most `max`. The claim statement in edge/src/tasks orders the same way.
 *
 * First the project that has least running, counting what this choice already gives it; among its jobs the one of the
 * highest priority, then the one that has least running; then the rank inside the job; then the older job. Priority says
 * nothing between projects: nobody gets ahead of others by asking for it. A job never has more than its
 * dispatch window running, nor a project more than its quota. A task that must run alone goes first, by itself, and to a
 * worker with nothing else to do; when none comes for long, any worker gets it, gives it back and falls quiet. What a
 * pause holds back is as if it were not there.
 */
export function chooseTasks(scene: ClaimScene, claimer: Claimer, max: number): string[] {
  const window = dispatchWindow(scene.liveSlots, scene.activeJobs);
  const idle = claimer.freeSlots === claimer.slots;
  const able = scene.ready.filter(
    (task) =>
      !isPaused(task, scene.pauses) &&
      task.needs.every((need) => claimer.capabilities.includes(need)) &&
      (!task.alone || idle || task.waitedMs > ALONE_PATIENCE_MS),
  );
  const placed = placeWithin(able, (task) => task.jobId, byRank).map(({ item, place }) => ({
    task: item,
    placeInJob: place + (scene.runningByJob.get(item.jobId) ?? 0),
  }));
  const offered = placed.filter((entry) => entry.placeInJob < window);
  const ordered = placeWithin(
    offered,
    (entry) => entry.task.projectId,
    (a, b) => b.task.priority - a.task.priority || a.placeInJob - b.placeInJob || byAge(a.task, b.task),
  )
    .map(({ item, place }) => ({
      ...item,
      placeInProject: place + (scene.runningByProject.get(item.task.projectId) ?? 0),
    }))
    .filter((entry) => entry.placeInProject < (scene.quotaByProject.get(entry.task.projectId) ?? Infinity))
    .sort((a, b) => a.placeInProject - b.placeInProject || byAge(a.task, b.task))
    .map((entry) => entry.task);
  const lonely = ordered.find((task) => task.alone);
  if (lonely) return max > 0 ? [lonely.taskId] : [];
  return ordered.slice(0, Math.min(max, claimer.freeSlots)).map((task) => task.taskId);
}

/** Each item with its place (from 0) among those of the same group. */
function placeWithin<T>(items: readonly T[], groupOf: (item: T) => string, order: (a: T, b: T) => number) {
  const counts = new Map<string, number>();
  return [...items].sort(order).map((item) => {
    const place = counts.get(groupOf(item)) ?? 0;
    counts.set(groupOf(item), place + 1);
    return { item, place };
  });
}

function byRank(a: Claimable, b: Claimable): number {
  return a.rank - b.rank || compareText(a.taskId, b.taskId);
}

function byAge(a: Claimable, b: Claimable): number {
  return a.jobCreatedAt - b.jobCreatedAt || compareText(a.jobId, b.jobId) || byRank(a, b);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
