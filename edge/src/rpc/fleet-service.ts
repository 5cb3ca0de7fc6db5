import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import {
  type AttemptAnswer,
  AttemptAnswerSchema,
  type AttemptReport,
  type ClaimTasksRequest,
  ClaimTasksResponseSchema,
  type FleetService,
  type ReportRequest,
  ReportResponseSchema,
  type SignUrlsRequest,
  SignUrlsResponseSchema,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { isFailureCode } from '@millrace/shared/task/failure-codes.ts';
import { mayWrite, outputNames } from '@millrace/shared/task/outputs.ts';
import { taskResult } from '@millrace/shared/task/task-spec.ts';
import type { Trace } from '@millrace/shared/trace/trace.ts';
import type { Context } from '../context.ts';
import { maintain } from '../dispatch/maintain.ts';
import { deliverSoon, relaySoon } from '../dispatch/send-soon.ts';
import { markPlayable } from '../jobs/mark-playable.ts';
import { publishJob } from '../jobs/publish-job.ts';
import { attempted } from '../log.ts';
import { refreshStatus } from '../status/refresh-status.ts';
import { acceptResult } from '../tasks/accept-result.ts';
import { claimTasks } from '../tasks/claim-tasks.ts';
import type { ClaimedTask } from '../tasks/claimed-task.ts';
import { failTask } from '../tasks/fail-task.ts';
import { type BeatAnswer, heartbeat } from '../tasks/heartbeat.ts';
import { loadAttempt } from '../tasks/load-attempt.ts';
import { releaseTask } from '../tasks/release-task.ts';
import { seeWorkers } from '../tasks/see-workers.ts';
import { standingInits } from '../tasks/standing-inits.ts';
import { startTask } from '../tasks/start-task.ts';
import type { ReportVerdict } from '../tasks/transition.ts';
import { atTrace, traced } from '../tracing/traced.ts';
import { assignmentOf, beatOf, claimerOf, fenceOf, wireVerdict } from './fleet-wire.ts';
import { inputsOf, signInputs, signOutputs } from './sign-assignment.ts';

/** A claim must be answered fast: of a long list only the beginning is signed, the rest on request. */
const SIGNED_AT_CLAIM = 64;

/** The fleet's door: parses, calls one use case for each piece of news, and answers in the order it was asked. */
export function fleetService(ctx: Context): ServiceImpl<typeof FleetService> {
  return {
    claimTasks: (request) => claim(ctx, request),
    report: (request) => report(ctx, request),
    signUrls: (request) => signUrls(ctx, request),
  };
}

async function claim(ctx: Context, request: ClaimTasksRequest) {
  if (!request.worker) throw new ConnectError('worker is missing', Code.InvalidArgument);
  const tasks = await claimTasks(ctx, claimerOf(request.worker), request.maxTasks);
  if (tasks.length > 0) ctx.waitUntil(ctx.quiet.stir());
  return create(ClaimTasksResponseSchema, {
    assignments: await Promise.all(tasks.map((task) => assign(ctx, task))),
  });
}

async function assign(ctx: Context, task: ClaimedTask) {
  const owner = { projectId: task.project_id, taskId: task.id, attempt: task.attempt };
  const [inputs, outputs] = await Promise.all([
    signInputs(ctx, inputsOf(task), SIGNED_AT_CLAIM),
    signOutputs(ctx, owner, outputNames(task.spec), SIGNED_AT_CLAIM),
  ]);
  return {
    ...assignmentOf(task),
    inputs,
    outputs,
  };
}

/**
 * Heartbeats of all attempts are one statement and go first, so that a completion in the same call finds its segments;
 * every other piece of news is a statement of its own, and they run side by side.
 */
async function report(ctx: Context, request: ReportRequest) {
  const someoneLeft = request.workers.some(({ slots }) => slots === 0);
  if (request.reports.length > 0) ctx.waitUntil(ctx.quiet.stir());
  else if (!someoneLeft && (await ctx.quiet.isQuiet()))
    return create(ReportResponseSchema, { readyTasks: 0 });
  const beats = await heartbeat(
    ctx,
    request.reports.flatMap((news) => beatOf(news)),
  );
  const [ready, answers, inits] = await Promise.all([
    seeWorkers(ctx, request.workers.map(claimerOf)),
    Promise.all(
      request.reports.filter((news) => news.event.case !== 'heartbeat').map((news) => settleOne(ctx, news)),
    ),
    standingInits(ctx, jobsThatAnnounced(request, beats)),
  ]);
  const bridgeHeartbeat = request.workers.length > 0 || request.reports.length === 0;
  ctx.waitUntil(afterwards(ctx, beats, answers, begunJobs(request, beats), bridgeHeartbeat));
  const settled = answers.values();
  return create(ReportResponseSchema, {
    readyTasks: ready,
    answers: request.reports.map((news): AttemptAnswer => {
      const outcome =
        news.event.case === 'heartbeat'
          ? beats.find((beat) => beat.taskId === news.taskId && beat.attempt === news.attempt)
          : settled.next().value;
      return create(AttemptAnswerSchema, {
        taskId: news.taskId,
        attempt: news.attempt,
        verdict: wireVerdict(outcome?.verdict ?? 'lease_lost'),
        inits: inits.filter((init) => init.job_id === outcome?.jobId),
      });
    }),
  });
}

interface Settled {
  verdict: ReportVerdict;
  jobId: string | null;
  publishTaskId?: string | null;
  /** Where what follows from it is hung. */
  trace?: Trace;
}

/** One piece of news that cannot be taken in now must not hold up the others: its sender sends it again. */
async function settleOne(outer: Context, news: AttemptReport): Promise<Settled> {
  const { taskId: task_id, attempt, traceparent } = news;
  const ctx = atTrace(outer, outer.tracing.none.below(traceparent), { task_id, attempt });
  const attributes = { 'millrace.task_id': task_id, 'millrace.attempt': attempt };
  try {
    return await traced(
      ctx,
      `take in ${news.event.case}`,
      { kind: 'server', attributes },
      async (within) => ({
        ...(await settle(within, news)),
        trace: within.trace,
      }),
    );
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    ctx.log.warn('a report could not be taken in', { event: news.event.case, err: error });
    return { verdict: 'retry', jobId: null };
  }
}

async function settle(ctx: Context, news: AttemptReport): Promise<Settled> {
  const fence = fenceOf(news);
  const { event } = news;
  switch (event.case) {
    case 'started':
      return startTask(ctx, fence);
    case 'completed': {
      const result = taskResult.safeParse(parseJson(event.value.resultJson));
      if (result.success)
        return acceptResult(ctx, { ...fence, result: result.data, logTail: event.value.logTail });
      const message = `The result of the task is not of its shape: ${result.error.issues[0]?.message ?? ''}`;
      return failTask(ctx, { ...fence, code: 'worker_error', message, logTail: event.value.logTail });
    }
    case 'failed': {
      const code = isFailureCode(event.value.code) ? event.value.code : 'worker_error';
      return failTask(ctx, { ...fence, code, message: event.value.message, logTail: event.value.logTail });
    }
    case 'released':
      return releaseTask(ctx, { ...fence, reason: event.value.reason });
    case undefined:
      // News of a later version: heard, and nothing here that it could change. The others of its call have theirs.
      if (news.$unknown?.length) return { verdict: 'accepted', jobId: null };
      throw new ConnectError('a report needs an event', Code.InvalidArgument);
    case 'heartbeat':
      throw new ConnectError('heartbeats are taken in together', Code.Internal);
    default:
      return event satisfies never;
  }
}

/** What the news entails, after the answer: successors are nudged, publish runs, status is fresh, time is policed. */
async function afterwards(
  ctx: Context,
  beats: Settled[],
  settled: Settled[],
  begun: string[],
  bridgeHeartbeat: boolean,
): Promise<void> {
  const changed = [...beats, ...settled].filter((item) => item.verdict === 'accepted');
  const jobIds = [...new Set(changed.flatMap((item) => (item.jobId ? [item.jobId] : [])))];
  const publishable = changed.flatMap(({ publishTaskId: taskId, trace = ctx.trace }) =>
    taskId ? [{ taskId, trace }] : [],
  );
  await attempted(ctx, 'note what can be played', markPlayable(ctx, begun));
  // Heartbeats write no nudges, and maintaining relays too.
  const isRelayedLater = bridgeHeartbeat && settled.length === 0;
  await Promise.all([
    isRelayedLater ? null : relaySoon(ctx),
    ...publishable.map(({ taskId, trace }) =>
      attempted(ctx, 'publish', publishJob(atTrace(ctx, trace), taskId)),
    ),
  ]);
  if (jobIds.length > 0) await attempted(ctx, 'refresh status', refreshStatus(ctx, jobIds));
  // Maintaining delivers too. Receivers may be slow: nothing waits behind them.
  if (bridgeHeartbeat) await maintain(ctx);
  else if (settled.length > 0 || begun.length > 0) await deliverSoon(ctx);
}

async function signUrls(ctx: Context, request: SignUrlsRequest) {
  const task = await loadAttempt(ctx, { ...request });
  if (!task) throw new ConnectError('the attempt does not hold its lease', Code.FailedPrecondition);
  const forbidden = request.outputs.find((name) => !mayWrite(task.spec, name));
  if (forbidden !== undefined)
    throw new ConnectError(`the task does not write "${forbidden}"`, Code.PermissionDenied);
  const owner = { projectId: task.project_id, taskId: task.id, attempt: task.attempt };
  const [inputs, outputs] = await Promise.all([
    signInputs(
      ctx,
      inputsOf(task).filter((input) => request.inputs.includes(input.name)),
    ),
    signOutputs(ctx, owner, request.outputs),
  ]);
  return create(SignUrlsResponseSchema, { inputs, outputs });
}

function jobsThatAnnounced(
  request: ReportRequest,
  beats: { taskId: string; jobId: string | null }[],
): string[] {
  const announcing = new Set(
    request.reports.flatMap((news) =>
      news.event.case === 'heartbeat' &&
      (news.event.value.inits.length > 0 || news.event.value.segments.length > 0)
        ? [news.taskId]
        : [],
    ),
  );
  return [
    ...new Set(beats.flatMap((beat) => (beat.jobId && announcing.has(beat.taskId) ? [beat.jobId] : []))),
  ];
}

/** Jobs of which a first segment came in: they may have become playable. */
function begunJobs(request: ReportRequest, beats: BeatAnswer[]): string[] {
  const begun = request.reports.filter(
    ({ event }) => event.case === 'heartbeat' && event.value.segments.some((segment) => segment.number === 0),
  );
  const accepted = beats.filter((beat) => begun.some((news) => news.taskId === beat.taskId));
  return [...new Set(accepted.flatMap((beat) => (beat.jobId ? [beat.jobId] : [])))];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
