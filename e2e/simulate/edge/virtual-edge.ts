import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  type AttemptReport,
  ClaimTasksResponseSchema,
  type ReportRequest,
  type ReportResponse,
  ReportResponseSchema,
  SignUrlsResponseSchema,
  type WorkerInfo,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { isFailureCode } from '@millrace/shared/task/failure-codes.ts';
import { WORKER_GONE_MS } from '@millrace/shared/task/lease-rules.ts';
import { type ResultOf, taskResult } from '@millrace/shared/task/task-spec.ts';
import { planGraph } from '../../../edge/src/jobs/plan-graph.ts';
import { beatOf, claimerOf, wireVerdict } from '../../../edge/src/rpc/fleet-wire.ts';
import { inputsOf } from '../../../edge/src/rpc/sign-assignment.ts';
import type { Beat } from '../../../edge/src/tasks/heartbeat.ts';
import type { Clock } from '../../../worker-node/src/clock/clock.ts';
import type { FleetClient } from '../../../worker-node/src/fleet/fleet-client.ts';
import type { Dice } from '../dice.ts';
import type { Party } from '../life.ts';
import type { Endpoint, Network } from '../network.ts';
import { type Fence, holds, type Rules } from '../rules.ts';
import type { VirtualQueue } from '../virtual-queue.ts';
import type { VirtualStorage } from '../virtual-storage.ts';
import type { Weather } from '../weather.ts';
import { type Database, jobOf, type Witness } from './change-job.ts';
import { claimTasks, describeTask, seeWorker } from './claim-statement.ts';
import { createEdgeRequest, type EdgeRequest, StepFailed } from './edge-request.ts';
import { activeJobs, cancelJob, eraseJob, insertJob, type NewJob, retryJob } from './job-statements.ts';
import { isHeld, pauseDispatch, readyTasks, resumeDispatch } from './pause-statements.ts';
import { publishJob } from './publish-job.ts';
import { claimOutbox, deleteOutbox, expireTask, look, starveTask } from './reap-statements.ts';
import {
  type Answer,
  completeTask,
  failTask,
  recordInits,
  releaseTask,
  renewLeases,
  startTask,
} from './report-statements.ts';
import { signed, signedAssignment, signedOutputs } from './sign.ts';
import { createTables, type PauseRow, type Tables } from './tables.ts';

/** The edge: its requests are the real ones step by step, its database is the pure rules. */
export interface VirtualEdge {
  readonly tables: Tables;
  readonly database: Database;
  readonly endpoint: Endpoint<EdgeRequest>;
  /** FleetService as one bridge reaches it. */
  fleetClientFor(caller: Party): FleetClient;
  createJob(caller: Party, job: NewJob): Promise<void>;
  cancelJob(caller: Party, jobId: string): Promise<void>;
  retryJob(caller: Party, jobId: string): Promise<void>;
  eraseJob(caller: Party, jobId: string): Promise<void>;
  pauseDispatch(caller: Party, pauseId: string, pause: PauseRow): Promise<void>;
  resumeDispatch(caller: Party, pauseId: string): Promise<void>;
  /** What the cron trigger does. */
  cron(): void;
  /** Nobody reaches the edge until the returned function is called. */
  takeDown(): () => void;
}

export interface VirtualEdgeDeps {
  clock: Clock;
  dice: Dice;
  weather: Weather;
  network: Network;
  queue: VirtualQueue;
  storage: VirtualStorage;
  rules: Rules;
  witness: Witness;
  trace(text: string): void;
}

interface Settled extends Answer {
  publishTaskId?: string | null;
}

export function createVirtualEdge(deps: VirtualEdgeDeps): VirtualEdge {
  const { clock, dice, network, queue, storage, trace } = deps;
  const tables = createTables();
  const numbers = { request: 0, nudge: 0, token: 0, task: 0 };
  const next = (of: keyof typeof numbers) => {
    numbers[of] += 1;
    return numbers[of];
  };
  let down = 0;
  const db: Database = {
    tables,
    rules: deps.rules,
    witness: deps.witness,
    now: () => clock.now(),
    random: () => dice.next(),
    nextNudgeId: () => next('nudge'),
    unsent: [],
  };
  const requestDeps = { clock, dice, weather: deps.weather, trace, takeUnsent: () => db.unsent.splice(0) };
  const endpoint: Endpoint<EdgeRequest> = {
    name: 'edge',
    accept: () => (down > 0 ? 'refused' : createEdgeRequest(requestDeps, `edge request ${next('request')}`)),
  };
  const newToken = () => `token-${next('token')}`;

  /** Runs a use case for a caller. What it throws becomes what a caller of the real edge sees. */
  function serve<T>(
    caller: Party,
    what: string,
    signal: AbortSignal | undefined,
    use: (request: EdgeRequest) => Promise<T>,
  ): Promise<T> {
    return network.call(caller, endpoint, what, signal, (request) =>
      use(request).catch((error) => {
        throw error instanceof StepFailed ? new ConnectError(error.message, Code.Internal) : error;
      }),
    );
  }

  async function claim(request: EdgeRequest, worker: WorkerInfo | undefined, max: number) {
    if (!worker) throw new ConnectError('worker is missing', Code.InvalidArgument);
    const tasks = await request.step('claim', () => claimTasks(db, claimerOf(worker), max, newToken));
    return create(ClaimTasksResponseSchema, { assignments: tasks.map(signedAssignment) });
  }

  /** fleet-service.ts: heartbeats first and together, then everything else side by side. */
  async function report(request: EdgeRequest, { workers, reports }: ReportRequest): Promise<ReportResponse> {
    const beats = await heartbeat(request, reports.flatMap(beatOf));
    const [ready, settled] = await Promise.all([
      request.step('see workers', () => {
        for (const worker of workers) seeWorker(db, claimerOf(worker));
        return countReady();
      }),
      Promise.all(
        reports.filter((news) => news.event.case !== 'heartbeat').map((news) => settle(request, news)),
      ),
    ]);
    const bridgeBeats = workers.length > 0 || reports.length === 0;
    request.waitUntil(afterwards(request, settled, bridgeBeats));
    const rest = settled.values();
    return create(ReportResponseSchema, {
      readyTasks: ready,
      answers: reports.map(({ taskId, attempt, event }) => {
        const answer: Answer | undefined =
          event.case === 'heartbeat'
            ? beats.find((beat) => beat.taskId === taskId && beat.attempt === attempt)
            : rest.next().value;
        const tracks = event.case === 'heartbeat' ? tables.jobs.get(answer?.jobId ?? '')?.tracks : undefined;
        const inits = [...(tracks?.values() ?? [])].map(({ track, sha256 }) => ({ track, sha256 }));
        return { taskId, attempt, verdict: wireVerdict(answer?.verdict ?? 'lease_lost'), inits };
      }),
    });
  }

  async function heartbeat(request: EdgeRequest, beats: Beat[]) {
    if (beats.length === 0) return [];
    return request.step('heartbeat', () => {
      recordInits(db, beats);
      return renewLeases(db, beats);
    });
  }

  async function settle(request: EdgeRequest, news: AttemptReport): Promise<Settled> {
    const fence = { taskId: news.taskId, attempt: news.attempt, token: news.leaseToken };
    const { event } = news;
    switch (event.case) {
      case 'started':
        return request.step('start', () => startTask(db, fence));
      case 'completed':
        return accept(request, fence, event.value.resultJson);
      case 'failed': {
        const { code, message } = event.value;
        return request.step('fail', () =>
          failTask(db, fence, isFailureCode(code) ? code : 'worker_error', message),
        );
      }
      case 'released':
        return request.step('release', () => releaseTask(db, fence));
      case 'heartbeat':
      case undefined:
        throw new ConnectError('a report needs an event', Code.InvalidArgument);
      default:
        return event satisfies never;
    }
  }

  /** accept-result.ts. */
  async function accept(request: EdgeRequest, fence: Fence, resultJson: string): Promise<Settled> {
    const result = taskResult.parse(JSON.parse(resultJson));
    if (result.kind === 'analyze') return planAndComplete(request, fence, result);
    const segments = 'segments' in result ? result.segments : 0;
    const seen = jobOf(tables, fence.taskId)?.state;
    return request.step('complete', () => completeTask(db, fence, segments, null, seen));
  }

  async function planAndComplete(
    request: EdgeRequest,
    fence: Fence,
    result: ResultOf<'analyze'>,
  ): Promise<Settled> {
    const input = await request.step('load planning input', () => {
      const job = jobOf(tables, fence.taskId);
      const live = [...tables.workers.values()].filter((w) => w.lastSeenAt > db.now() - WORKER_GONE_MS);
      return job && { profile: job.profile, slots: live.reduce((sum, worker) => sum + worker.slots, 0) };
    });
    if (!input) return { verdict: 'lease_lost', jobId: null };
    const { profile, slots } = input;
    const wanted = { mediaInfo: result.mediaInfo, profile, fleet: { slots }, sidecars: [] };
    const outcome = planGraph(wanted, () => `t${next('task')}`);
    if ('graph' in outcome) {
      const seen = jobOf(tables, fence.taskId)?.state;
      return request.step('complete', () => completeTask(db, fence, 0, outcome.graph, seen));
    }
    return request.step('fail', () => failTask(db, fence, outcome.code, outcome.message));
  }

  async function afterwards(request: EdgeRequest, news: Settled[], bridgeBeats: boolean): Promise<void> {
    await relay(request);
    await Promise.all(
      news.flatMap(({ verdict, publishTaskId }) =>
        verdict === 'accepted' && publishTaskId
          ? [publishJob(db, request, storage, publishTaskId, newToken())]
          : [],
      ),
    );
    if (!bridgeBeats) return;
    await reap(request);
    await relay(request);
  }

  async function reap(request: EdgeRequest): Promise<void> {
    const work = await request.step('look', () => look(db));
    await Promise.all(work.expired.map((id) => request.step('expire', () => expireTask(db, id))));
    await Promise.all(work.starved.map((id) => request.step('starve', () => starveTask(db, id))));
    await Promise.all(work.publishable.map((id) => publishJob(db, request, storage, id, newToken())));
  }

  async function relay(request: EdgeRequest): Promise<void> {
    const unsent = request.unsent.splice(0);
    const due = [...unsent, ...(await request.step('claim outbox', () => claimOutbox(db)))];
    if (due.length === 0) return;
    await request.step('send nudges', () => {
      queue.send(
        due.map(({ taskId, dueAt }) => {
          return { taskId, delaySeconds: Math.max(0, Math.ceil((dueAt - db.now()) / 1000)) };
        }),
      );
      for (const { nudgeId } of due) db.witness.nudgeQueued(nudgeId);
    });
    await request.step('delete outbox', () => deleteOutbox(db, due));
  }

  function countReady(): number {
    return activeJobs(db).flatMap((job) => readyTasks(db, job).filter((task) => !isHeld(db, job, task.id)))
      .length;
  }

  return {
    tables,
    database: db,
    endpoint,
    fleetClientFor: (caller) => ({
      claimTasks: ({ worker, maxTasks }, options) =>
        serve(caller, 'claim', options?.signal, (request) => claim(request, worker, maxTasks)),
      report: (message, options) =>
        serve(caller, 'report', options?.signal, (request) => report(request, message)),
      signUrls: ({ taskId, attempt, leaseToken, inputs, outputs }, options) =>
        serve(caller, 'sign', options?.signal, async (request) => {
          const task = await request.step('load attempt', () => {
            const job = jobOf(tables, taskId);
            const state = job?.state.tasks.get(taskId);
            const mine = state && holds(state, { taskId, attempt, token: leaseToken });
            return job && mine ? describeTask(job, taskId) : null;
          });
          if (!task) throw new ConnectError('the attempt does not hold its lease', Code.FailedPrecondition);
          const names = new Set(inputs);
          const read = inputsOf(task).filter(({ name }) => names.has(name));
          return create(SignUrlsResponseSchema, {
            inputs: read.map(signed),
            outputs: signedOutputs(task, outputs),
          });
        }),
    }),
    createJob: (caller, job) =>
      serve(caller, `create ${job.jobId}`, undefined, async (request) => {
        await request.step('create job', () => insertJob(db, job));
        request.waitUntil(relay(request));
      }),
    cancelJob: (caller, jobId) =>
      serve(caller, `cancel ${jobId}`, undefined, (request) =>
        request.step('cancel job', () => cancelJob(db, jobId)),
      ),
    retryJob: (caller, jobId) =>
      serve(caller, `retry ${jobId}`, undefined, async (request) => {
        await request.step('retry job', () => retryJob(db, jobId));
        request.waitUntil(relay(request));
      }),
    eraseJob: (caller, jobId) =>
      serve(caller, `erase ${jobId}`, undefined, (request) =>
        request.step('erase job', () => eraseJob(db, jobId)),
      ),
    pauseDispatch: (caller, pauseId, pause) =>
      serve(caller, `pause ${pauseId}`, undefined, (request) =>
        request.step('pause dispatch', () => pauseDispatch(db, pauseId, pause)),
      ),
    resumeDispatch: (caller, pauseId) =>
      serve(caller, `resume ${pauseId}`, undefined, async (request) => {
        await request.step('resume dispatch', () => resumeDispatch(db, pauseId));
        request.waitUntil(relay(request));
      }),
    cron() {
      const request = endpoint.accept();
      if (typeof request === 'string') return;
      request.waitUntil(reap(request).then(() => relay(request)));
    },
    takeDown() {
      down += 1;
      trace('the edge is out of reach');
      return () => {
        down -= 1;
        trace('the edge is back');
      };
    },
  };
}
