import {
  type PlannedTask,
  type PlanOutcome,
  type PlanRequest,
  planJob,
} from '@millrace/shared/media/plan.ts';
import { fingerprintTasks, type Provenance } from '@millrace/shared/task/fingerprint.ts';
import type { Context } from '../context.ts';
import { type EarlierJob, findEarlier } from './find-earlier.ts';
import { type GraphOutcome, toGraph } from './plan-graph.ts';
import { type GraphTask, takeOver } from './take-over.ts';

export interface ReuseRequest extends PlanRequest {
  projectId: string;
  /** Null where too little is known of source or build: then nothing of the job is ever used again. */
  provenance: Provenance | null;
  /** Whether to look for what earlier jobs have made. */
  lookUp: boolean;
}

/** Chunks of an earlier cut are worth less parallelism when they save this much of the work. */
const WORTHWHILE = 0.1;

interface Draft {
  plan: Extract<PlanOutcome, { planned: true }>['plan'];
  tasks: GraphTask[];
}

/**
 * Plans a job, with what earlier jobs of the project have made in its place. Chunks are cut for the fleet as it is, or as
 * an earlier job cut them, where that leaves clearly less to do. Costs one statement.
 */
export async function planWithReuse(
  ctx: Context,
  { projectId, provenance, lookUp, ...request }: ReuseRequest,
): Promise<GraphOutcome> {
  const outcome = planJob(request);
  if (!outcome.planned) return { code: outcome.code, message: outcome.message };
  const { uuid } = ctx.random;
  if (!provenance)
    return { graph: toGraph(request, outcome.plan, takeOver(outcome.tasks, new Map(), []), uuid) };
  const fingerprints = await fingerprintTasks(outcome.tasks, provenance);
  const earlier = lookUp ? await findEarlier(ctx, projectId, anchors(outcome.tasks, fingerprints)) : [];
  let best: Draft = { plan: outcome.plan, tasks: takeOver(outcome.tasks, fingerprints, earlier) };
  for (const cutFor of otherCuts(earlier, request.fleet.slots)) {
    const draft = await draftCutFor(cutFor, request, provenance, earlier);
    if (draft && work(draft) <= (1 - WORTHWHILE) * work(best)) best = draft;
  }
  return { graph: toGraph(request, best.plan, best.tasks, uuid) };
}

/** What is the same however the film is cut: the first chunk, and all that is made of the source in one piece. */
function anchors(tasks: readonly PlannedTask[], fingerprints: ReadonlyMap<string, string[]>): string[] {
  return tasks
    .filter(({ spec, dependsOn }) =>
      spec.kind === 'encode-video' ? spec.chunk.index === 0 : dependsOn.length === 0,
    )
    .flatMap((task) => fingerprints.get(task.name) ?? []);
}

function otherCuts(earlier: readonly EarlierJob[], slots: number): number[] {
  const cuts = new Set(earlier.flatMap((job) => job.cutFor ?? []));
  cuts.delete(slots);
  return [...cuts];
}

async function draftCutFor(
  cutFor: number,
  request: PlanRequest,
  provenance: Provenance,
  earlier: readonly EarlierJob[],
): Promise<Draft | null> {
  const outcome = planJob({ ...request, fleet: { ...request.fleet, cutFor } });
  if (!outcome.planned) return null;
  const fingerprints = await fingerprintTasks(outcome.tasks, provenance);
  return { plan: outcome.plan, tasks: takeOver(outcome.tasks, fingerprints, earlier) };
}

/** Of what is left to encode. */
function work({ tasks }: Draft): number {
  return tasks.reduce((sum, task) => sum + (task.takenOver ? 0 : task.workTotal * outputs(task)), 0);
}

function outputs({ spec }: GraphTask): number {
  return spec.kind === 'encode-video' ? spec.renditions.length : 1;
}
