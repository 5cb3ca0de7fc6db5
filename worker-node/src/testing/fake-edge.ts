import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  AssignmentSchema,
  AttemptAnswerSchema,
  type AttemptReport,
  type ClaimTasksRequest,
  ClaimTasksResponseSchema,
  type ReportRequest,
  ReportResponseSchema,
  type SignUrlsRequest,
  SignUrlsResponseSchema,
  type TrackInit,
  Verdict,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { FleetClient } from '../fleet/fleet-client.ts';

/** An edge of a few lines: gives out the tasks it was given, accepts every report, and remembers what it was told. */
export interface FakeEdge extends FleetClient {
  /** Task ids that are runnable. */
  ready: string[];
  alone: Set<string>;
  claims: ClaimTasksRequest[];
  reportCalls: ReportRequest[];
  signed: SignUrlsRequest[];
  /** Outputs that assignments name without a URL, as the end of a long list. */
  unsigned: string[];
  /** All reports in the order they came, as `task/attempt event`. */
  told(): string[];
  verdict: (report: AttemptReport) => Verdict;
  standing: TrackInit[];
  /** `down` refuses calls, `silent` handles them and never answers, `dead` neither handles nor answers. */
  line: 'up' | 'down' | 'silent' | 'dead';
}

export function createFakeEdge(specJson = '{"kind":"publish"}'): FakeEdge {
  const attempts = new Map<string, number>();

  async function answer<T>(value: () => T): Promise<T> {
    if (edge.line === 'down') throw new ConnectError('down', Code.Unavailable);
    if (edge.line === 'dead') return await new Promise(() => {});
    const made = value();
    if (edge.line === 'silent') return await new Promise(() => {});
    return made;
  }

  function assign(taskId: string) {
    const attempt = (attempts.get(taskId) ?? 0) + 1;
    attempts.set(taskId, attempt);
    return create(AssignmentSchema, {
      taskId,
      attempt,
      leaseToken: `token-${taskId}-${attempt}`,
      jobId: 'job-1',
      projectId: 'project-1',
      traceparent: `00-${'5'.repeat(32)}-${'7'.repeat(16)}-00`,
      specJson,
      leaseTtlMs: 30_000,
      startWithinMs: 5_000,
      alone: edge.alone.has(taskId),
      outputs: [
        { name: 'held', method: 'PUT', url: 'http://storage/held' },
        ...edge.unsigned.map((name) => ({ name })),
      ],
    });
  }

  const edge: FakeEdge = {
    ready: [],
    alone: new Set(),
    claims: [],
    reportCalls: [],
    signed: [],
    unsigned: [],
    standing: [],
    line: 'up',
    verdict: () => Verdict.ACCEPTED,
    told: () =>
      edge.reportCalls.flatMap((call) =>
        call.reports.map((report) => `${report.taskId}/${report.attempt} ${report.event.case}`),
      ),
    claimTasks: (request) =>
      answer(() => {
        edge.claims.push(request);
        const assignments = edge.ready.splice(0, request.maxTasks).map(assign);
        return create(ClaimTasksResponseSchema, { assignments });
      }),
    report: (request) =>
      answer(() => {
        // In virtual time a tight loop would never end: let the test fail instead.
        if (edge.reportCalls.length >= 1_000) throw new ConnectError('too many reports', Code.Unavailable);
        edge.reportCalls.push(request);
        const answers = request.reports.map((report) =>
          create(AttemptAnswerSchema, {
            taskId: report.taskId,
            attempt: report.attempt,
            verdict: edge.verdict(report),
            inits: edge.standing,
          }),
        );
        return create(ReportResponseSchema, { answers, readyTasks: edge.ready.length });
      }),
    signUrls: (request) =>
      answer(() => {
        edge.signed.push(request);
        const sign = (name: string) => ({ name, method: 'GET', url: `http://storage/${name}` });
        return create(SignUrlsResponseSchema, {
          inputs: request.inputs.map(sign),
          outputs: request.outputs.map(sign),
        });
      }),
  };
  return edge;
}
