import { expect, test } from 'vitest';
import type { EndedSpan } from './otlp-json.ts';
import { type Recorder, requestTrace, untraced } from './request-trace.ts';

const CALLER = `00-${'a'.repeat(32)}-${'b'.repeat(16)}`;

function recorded(ratio = 1) {
  const sent: EndedSpan[][] = [];
  let now = 1_000;
  let random = 0;
  const recorder: Recorder = {
    now: () => now++,
    randomHex: (bytes) => (++random).toString(16).padStart(bytes * 2, '1'),
    ratio,
    send: async (spans) => void sent.push([...spans]),
    waitUntil: (work) => void work,
  };
  return { sent, tracing: requestTrace(recorder) };
}

test('a trace that begins here has one span without a parent, and the others below it', () => {
  const { sent, tracing } = recorded();
  const request = tracing.begin(null).begin('POST', { kind: 'server' });
  const inner = request.trace.begin('plan');
  inner.end();
  expect(sent).toEqual([]);
  request.rename('POST /jobs');
  request.set({ 'http.response.status_code': 201 });
  request.end();
  expect(sent).toHaveLength(1);
  const [plan, post] = sent[0] ?? [];
  expect(post).toMatchObject({ name: 'POST /jobs', kind: 'server', parentSpanId: null, error: null });
  expect(post?.attributes).toEqual({ 'http.response.status_code': 201 });
  expect(plan).toMatchObject({ name: 'plan', parentSpanId: post?.spanId, traceId: post?.traceId });
  expect(request.trace.traceparent).toBe(`00-${post?.traceId}-${post?.spanId}-01`);
});

test('work after the answer is sent when it has ended, once', () => {
  const { sent, tracing } = recorded();
  const request = tracing.begin(null).begin('POST');
  const { trace } = request;
  request.end();
  const later = trace.begin('publish');
  later.end(new Error('storage is away\nand more'));
  later.end();
  expect(sent.map((spans) => spans.map(({ name, error }) => [name, error]))).toEqual([
    [['POST', null]],
    [['publish', 'storage is away']],
  ]);
});

test('whoever calls decides whether its trace is recorded', () => {
  const { sent, tracing } = recorded(0);
  tracing.begin(`${CALLER}-01`).begin('POST').end();
  tracing.begin(`${CALLER}-00`).begin('POST').end();
  tracing.none.below(`${CALLER}-01`).begin('take in completed').end();
  tracing.none.below(`${CALLER}-00`).begin('take in completed').end();
  tracing.none.below('nonsense').begin('take in completed').end();
  expect(sent.map((spans) => spans.map((span) => [span.name, span.parentSpanId]))).toEqual([
    [['POST', 'b'.repeat(16)]],
    [['take in completed', 'b'.repeat(16)]],
  ]);
});

test('what opens no span names a trace that is there, and that nobody records', () => {
  const { sent, tracing } = recorded();
  const begun = tracing.pass(null);
  expect(begun.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-00$/);
  begun.begin('read').end();
  expect(sent).toEqual([]);
  const given = tracing.pass(`${CALLER}-01`);
  expect(given.traceparent).toBe(`${CALLER}-01`);
  given.begin('read').end();
  expect(sent).toEqual([]);
});

test('with a ratio of 0 nothing is sent, and who is called is told so', () => {
  const { sent, tracing } = recorded(0);
  const span = tracing.begin(null).begin('POST');
  expect(span.trace.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  expect(span.trace.isRecording).toBe(false);
  span.trace.begin('plan').end();
  span.end();
  expect(sent).toEqual([]);
});

test('the ratio is that of trace ids', () => {
  expect(requestTrace(idRecorder('0'.repeat(16))).begin(null).isRecording).toBe(true);
  expect(requestTrace(idRecorder('f'.repeat(16))).begin(null).isRecording).toBe(false);
  expect(requestTrace(idRecorder(`00${'40000000000000'}`)).begin(null).isRecording).toBe(false);
  expect(requestTrace(idRecorder(`ff${'3ffffffffff000'}`)).begin(null).isRecording).toBe(true);
});

/** Of traces that end so, a quarter. */
function idRecorder(end: string): Recorder {
  return {
    now: () => 0,
    randomHex: (bytes) => (bytes === 16 ? `${'1'.repeat(16)}${end}` : end),
    ratio: 0.25,
    send: async () => {},
    waitUntil: () => {},
  };
}

test('where nothing is traced, a sampled trace of somebody else goes through untouched', () => {
  const tracing = untraced((bytes) => 'c'.repeat(bytes * 2));
  const place = tracing.begin(`${CALLER}-01`);
  expect(place.begin('POST').trace.traceparent).toBe(`${CALLER}-01`);
  expect(place.isRecording).toBe(false);
  expect(tracing.begin('nonsense').traceparent).toBe(`00-${'c'.repeat(32)}-${'c'.repeat(16)}-00`);
});
