import { expect, test } from 'vitest';
import { createLog } from '../log.ts';
import { exportSpans, type SpanExport } from './export-spans.ts';
import type { EndedSpan } from './otlp-json.ts';

const SPAN: EndedSpan = {
  ...{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), parentSpanId: null },
  ...{ name: 'POST /jobs', kind: 'server', beganAt: 1_700_000_000_000.5, endedAt: 1_700_000_000_012 },
  attributes: { 'http.route': '/jobs', 'http.response.status_code': 503, ok: false, share: 0.5 },
  error: 'answered 503',
};

function surroundings(answer: typeof fetch) {
  const lines: string[] = [];
  let now = 100_000;
  const to: SpanExport = {
    settings: { url: 'https://collector.example/v1/traces', headers: { authorization: 'Bearer t' } },
    memory: { toldAt: 0 },
    now: () => now,
    log: createLog(
      () => now,
      (_, line) => lines.push(line),
    ),
    fetch: answer,
  };
  const later = (ms: number) => {
    now += ms;
  };
  return { to, lines, later };
}

test('spans go as OTLP in JSON, with the headers that the collector wants', async () => {
  const asked: Request[] = [];
  const { to, lines } = surroundings(async (input, init) => {
    asked.push(new Request(input, init));
    return new Response('{}');
  });
  await exportSpans(to, [SPAN]);
  const [request] = asked;
  expect([request?.method, request?.url, request?.headers.get('authorization')]).toEqual([
    'POST',
    'https://collector.example/v1/traces',
    'Bearer t',
  ]);
  expect(await request?.json()).toEqual({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'millrace-edge' } }] },
        scopeSpans: [
          {
            scope: { name: 'millrace' },
            spans: [
              {
                ...{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: 'POST /jobs', kind: 2 },
                startTimeUnixNano: '1700000000000500000',
                endTimeUnixNano: '1700000000012000000',
                attributes: [
                  { key: 'http.route', value: { stringValue: '/jobs' } },
                  { key: 'http.response.status_code', value: { intValue: '503' } },
                  { key: 'ok', value: { boolValue: false } },
                  { key: 'share', value: { doubleValue: 0.5 } },
                ],
                status: { code: 2, message: 'answered 503' },
              },
            ],
          },
        ],
      },
    ],
  });
  expect(lines).toEqual([]);
});

test.each<[string, typeof fetch]>([
  ['is away', () => Promise.reject(new TypeError('connection refused'))],
  ['refuses', async () => new Response('no', { status: 500 })],
])('a collector that %s is told of once a minute, and nothing else comes of it', async (_, answer) => {
  const { to, lines, later } = surroundings(answer);
  await exportSpans(to, [SPAN]);
  await exportSpans(to, [SPAN]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('traces could not be exported');
  later(60_000);
  await exportSpans(to, [SPAN]);
  expect(lines).toHaveLength(2);
});
