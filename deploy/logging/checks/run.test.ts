import { beforeAll, describe, expect, test } from 'vitest';
import { needProgram } from '../../checks/need-program.ts';
import { indexTemplate } from '../elasticsearch/index-template.ts';
import { refusals } from './accepts.ts';
import type { CollectedSpan } from './collector.ts';
import { EXPORT_FAILED, type ObservedRun, observeRun } from './observed-run.ts';
import { runShape } from './run-shape.ts';
import { looseEnds, pathTo } from './trace-tree.ts';

/* One run of the whole local stack, as an operator sees it: its traces at a collector, its logs in an index. */

const FLEET_LOGS = ['bridge.log', 'grpc.log', 'worker-1.log'];

/** Of SpanKind, in OTLP. */
const CLIENT = 3;

let run: ObservedRun;
beforeAll(async () => {
  run = await observeRun();
}, 600_000);

/** Spans of the trace that a job is in. */
function traceOf(jobId: string): CollectedSpan[] {
  const own = run.collector.spans.find(({ attributes }) => attributes['millrace.job_id'] === jobId);
  return run.collector.spans.filter(({ traceId }) => traceId === own?.traceId);
}

/** Lines of JSON, of all parts or of some. */
function lines(names: readonly string[] = [...FLEET_LOGS, 'edge.log']): Record<string, unknown>[] {
  return names.flatMap((name) =>
    (run.logs.get(name) ?? '')
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : [])),
  );
}

describe('traces', () => {
  test('what is sent is OTLP, with the headers that the collector wants', () => {
    expect(run.collector.refused).toEqual([]);
    expect(new Set(run.collector.spans.map(({ service }) => service))).toEqual(
      new Set(['millrace-edge', 'millrace-bridge', 'millrace-worker']),
    );
  });

  test('a job is one connected trace: one root, and the parent of every span is there', () => {
    for (const job of [run.completed, run.failed]) {
      const spans = traceOf(job.id);
      expect([job.status, looseEnds(spans)]).toEqual([
        job.status,
        { roots: ['edge: POST /jobs'], orphans: [] },
      ]);
      expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
      const jobIds = spans.flatMap(({ attributes }) => attributes['millrace.job_id'] ?? []);
      expect(new Set(jobIds)).toEqual(new Set([job.id]));
    }
    expect(traceOf(run.completed.id)[0]?.traceId).not.toBe(traceOf(run.failed.id)[0]?.traceId);
  });

  test('every trace there is belongs to a job', () => {
    const known = new Set([run.completed, run.failed].map((job) => traceOf(job.id)[0]?.traceId));
    expect(new Set(run.collector.spans.map(({ traceId }) => traceId))).toEqual(known);
  });

  test('it goes from the request over queue, bridge and worker to the publication', () => {
    const spans = traceOf(run.completed.id);
    const paths = new Set(spans.map((span) => pathTo(spans, span).join(' > ')));
    const analyzed =
      'edge: POST /jobs > edge: send nudge > bridge: receive nudge > bridge: claim > worker: attempt analyze';
    for (const step of [
      'worker: read source',
      'worker: ffprobe',
      'worker: report started > edge: take in started',
      'worker: report completed > edge: take in completed > edge: plan',
      'worker: report started > edge: take in started > edge: UPDATE tasks',
    ]) {
      expect(paths).toContain(`${analyzed} > ${step}`);
    }
    const ends = (end: string) => [...paths].filter((one) => one.endsWith(end));
    for (const end of [
      'worker: attempt encode-video > worker: ffmpeg',
      'worker: attempt encode-video > worker: read source',
      'worker: attempt encode-video > worker: put object',
      'worker: attempt assemble > worker: put object',
      'edge: take in completed > edge: publish > edge: put object',
      'edge: take in completed > edge: publish > edge: complete job',
    ]) {
      expect([end, ends(end).length]).toEqual([end, expect.any(Number)]);
      expect([end, ends(end).length > 0]).toEqual([end, true]);
    }
  });

  test('what the edge waits for is there, and tells nothing but what it is', () => {
    const spans = traceOf(run.completed.id).filter(({ service }) => service === 'millrace-edge');
    const waits = spans.filter(({ attributes }) => attributes['db.system.name'] !== undefined);
    for (const { kind, attributes } of waits) {
      expect(kind).toBe(CLIENT);
      expect(Object.keys(attributes)).toEqual(['db.system.name']);
    }
    const paths = new Set(waits.map((span) => pathTo(spans, span).join(' > ')));
    expect(paths).toContain('edge: POST /jobs > edge: INSERT jobs');
    expect(paths).toContain('edge: POST /jobs > edge: EVAL');
    expect([...paths].some((one) => one.includes('edge: publish > edge: complete job > edge: UPDATE '))).toBe(
      true,
    );
    expect(spans.filter(({ name }) => name === 'deliver webhook')).toMatchObject([
      {
        kind: CLIENT,
        attributes: {
          'http.request.method': 'POST',
          'http.response.status_code': 204,
          'server.address': '127.0.0.1',
        },
      },
    ]);
  });

  test('spans lie within the time of the job, and end after they began', () => {
    const spans = traceOf(run.completed.id);
    const begin = spans.find(({ parentSpanId }) => parentSpanId === '')?.startTimeUnixNano ?? 0n;
    for (const span of spans) {
      expect(span.endTimeUnixNano >= span.startTimeUnixNano, span.name).toBe(true);
      expect(span.startTimeUnixNano >= begin - 1_000_000n, span.name).toBe(true);
    }
  });

  test('a failed attempt says why', () => {
    const failed = traceOf(run.failed.id).filter(({ status }) => status.code === 2);
    expect(failed).toContainEqual(
      expect.objectContaining({
        name: 'attempt analyze',
        status: { code: 2, message: expect.stringContaining(`${run.failed.error?.code}: `) },
      }),
    );
  });

  test('of a trace that its caller does not sample nothing is sent', () => {
    expect(run.unsampled.job.status).toBe('completed');
    expect(run.collector.spans.filter(({ traceId }) => traceId === run.unsampled.traceId)).toEqual([]);
  });

  test('a collector that is gone stops nothing, and is told of', () => {
    expect(run.unheard.status).toBe('completed');
    const told = lines().filter(({ msg }) => msg === EXPORT_FAILED);
    expect(new Set(told.map(({ role }) => role))).toEqual(new Set(['edge', 'bridge', 'worker']));
  });
});

describe('logs', () => {
  test('every line of the fleet is JSON with time, level, role and message', () => {
    for (const name of FLEET_LOGS) {
      const written = (run.logs.get(name) ?? '').split('\n').filter((line) => line !== '');
      expect([name, written.filter((line) => !line.startsWith('{'))]).toEqual([name, []]);
    }
    for (const line of lines())
      expect(Object.keys(line)).toEqual(expect.arrayContaining(['time', 'level', 'role', 'msg']));
    expect(new Set(lines().map(({ role }) => role))).toEqual(new Set(['edge', 'bridge', 'worker', 'grpc']));
  });

  test('the index takes every line', () => {
    const { mappings } = indexTemplate().template;
    for (const line of lines()) expect([line, refusals(line, mappings)]).toEqual([line, []]);
  });

  test.runIf(needProgram('luajit', 'luajit'))('and what the collector makes of it is the line', async () => {
    const written = lines();
    const shaped = await runShape(
      written.map((line) => ({ ...line, log: JSON.stringify(line), stream: 'stdout' })),
    );
    expect(shaped.map(({ record }) => record)).toEqual(written);
  });

  test('a job is found by its id in every part, with the rest of what it is', () => {
    const own = lines().filter(({ job_id }) => job_id === run.completed.id);
    expect(new Set(own.map(({ role }) => role))).toEqual(new Set(['edge', 'bridge', 'worker']));
    const [{ traceId } = { traceId: '' }] = traceOf(run.completed.id);
    for (const line of own) {
      expect(line).toMatchObject({
        project_id: 'default',
        trace_id: traceId,
        span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      });
      if (line.role !== 'edge') expect(line).toMatchObject({ task_id: expect.any(String), attempt: 1 });
    }
    expect(own.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining([
        'job created',
        'task handed over',
        'task started',
        'task ended',
        'job published',
      ]),
    );
  });

  test('the ids of lines of an attempt lead to its span', () => {
    const attempts = traceOf(run.completed.id).filter(({ name }) => name.startsWith('attempt '));
    const started = lines().filter(
      ({ msg, job_id }) => msg === 'task started' && job_id === run.completed.id,
    );
    expect(started.map(({ span_id }) => span_id).sort()).toEqual(attempts.map(({ spanId }) => spanId).sort());
  });

  test('a failure is logged with its code and what was thrown', () => {
    const line = lines().find(({ msg, job_id }) => msg === 'task failed' && job_id === run.failed.id);
    expect(line).toMatchObject({ level: 'warn', code: run.failed.error?.code, err: { type: 'TaskFailure' } });
  });

  test('a job that is not traced is found by its trace all the same', () => {
    const roles = lines().flatMap(({ trace_id, role }) => (trace_id === run.unsampled.traceId ? [role] : []));
    expect(new Set(roles)).toEqual(new Set(['edge', 'bridge', 'worker']));
  });

  test('nothing that was written opens anything', () => {
    expect([...run.secrets].filter(([, secret]) => secret.length < 8)).toEqual([]);
    const spans = JSON.stringify(run.collector.spans, (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    const written = new Map([...run.logs, ['spans', spans], ['ffmpeg', run.ffmpegLogs.join('\n')]]);
    expect(run.ffmpegLogs.join('').length).toBeGreaterThan(0);
    for (const [name, text] of written) {
      for (const [what, secret] of run.secrets) {
        expect([name, what, linesOf(text, what).filter((line) => line.includes(secret))]).toEqual([
          name,
          what,
          [],
        ]);
      }
      expect([name, text.match(/X-Amz-(Signature|Credential)[=%].{0,20}|bearer [\w.-]{8,}/gi)]).toEqual([
        name,
        null,
      ]);
    }
  });
});

/** The paths that `wrangler dev` prints are its own, of one machine alone: they are where players' tokens are. */
function linesOf(text: string, what: string): string[] {
  const all = text.split('\n');
  return what === 'a playback token' ? all.filter((line) => !line.startsWith('[wrangler:info] ')) : all;
}
