import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createLogger } from '../logger.ts';
import { openTracing } from './open-tracing.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const SAMPLED = `00-${TRACE}-${PARENT}-01`;

interface Sent {
  headers: Record<string, unknown>;
  body: string;
}

async function startCollector(status = 200): Promise<{ url: string; sent: Sent[] }> {
  const sent: Sent[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += String(piece);
    sent.push({ headers: request.headers, body });
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, sent };
}

function kept() {
  const lines: string[] = [];
  return { lines, log: createLogger('worker', 'info', { write: (line) => void lines.push(line) }) };
}

test('spans below a sampled one are sent, each below the one it was begun in', async () => {
  const { url, sent } = await startCollector();
  const { log, lines } = kept();
  const tracing = await openTracing(
    { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_HEADERS: 'x-team=7' },
    'worker',
    log,
  );
  const attempt = tracing.trace
    .below(SAMPLED)
    .begin('attempt', { kind: 'consumer', beganAt: 1_700_000_000_000 });
  const ffmpeg = attempt.trace.begin('ffmpeg', { attributes: { 'process.exit.code': 1 } });
  ffmpeg.end(new Error('GET https://b.example/o?X-Amz-Signature=5ec2e7 failed\nand more'));
  attempt.rename('attempt encode-video');
  attempt.end();
  await tracing.close();

  expect(sent[0]?.headers['x-team']).toBe('7');
  const text = sent.map(({ body }) => body).join();
  expect(text).not.toContain('5ec2e7');
  expect(text).toContain('millrace-worker');
  const spans = sent.flatMap(({ body }) =>
    JSON.parse(body).resourceSpans[0].scopeSpans.flatMap((scope: { spans: unknown[] }) => scope.spans),
  );
  const attemptId = attempt.trace.traceparent?.split('-')[2];
  expect(spans).toMatchObject([
    { name: 'ffmpeg', traceId: TRACE, parentSpanId: attemptId, status: { code: 2 } },
    { name: 'attempt encode-video', traceId: TRACE, spanId: attemptId, parentSpanId: PARENT, kind: 5 },
  ]);
  expect(spans[1].startTimeUnixNano).toBe('1700000000000000000');
  expect(lines).toEqual([]);
});

test('nothing is sent of traces that nobody samples, and none begins here', async () => {
  const { url, sent } = await startCollector();
  const { trace, close } = await openTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: url }, 'bridge', kept().log);
  for (const traceparent of [SAMPLED.replace(/1$/, '0'), '', 'nonsense', null]) {
    const span = trace.below(traceparent).begin('attempt');
    expect(span.trace).toMatchObject({ traceparent: traceparent || null, isRecording: false });
    span.end();
  }
  trace.begin('attempt').end();
  await close();
  expect(sent).toEqual([]);
});

test('a collector that is away blocks nothing, and is told of once', async () => {
  const { log, lines } = kept();
  const { trace, close } = await openTracing(
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
    'worker',
    log,
  );
  for (let i = 0; i < 5_000; i += 1) trace.below(SAMPLED).begin('attempt').end();
  await close();
  await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', msg: 'traces could not be exported' });
});

test('without an endpoint a trace goes through that others record', async () => {
  const { trace } = await openTracing({}, 'worker', kept().log);
  expect(trace.below(SAMPLED)).toMatchObject({ traceparent: SAMPLED, isRecording: false });
});

test.each([
  ['off', '', []],
  ['on', 'http://127.0.0.1:1', ['@opentelemetry/exporter-trace-otlp-http', '@opentelemetry/sdk-trace']],
])('OpenTelemetry is loaded by a process where tracing is on: %s', async (_, endpoint, loaded) => {
  const program = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({ resolve(name, context, next) { seen.add(name); return next(name, context); } });
    for (const role of ['bridge/start-bridge', 'worker/start-worker', 'grpc/start-grpc']) {
      await import('${new URL('..', import.meta.url).href}' + role + '.ts');
    }
    const { openTracing } = await import('${new URL('open-tracing.ts', import.meta.url).href}');
    const { close } = await openTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: '${endpoint}' }, 'worker', console);
    await close();
    console.log(JSON.stringify([...seen].filter((name) => name.startsWith('@opentelemetry/'))));`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
  // prom-client has the bare API with it.
  const names = z
    .array(z.string())
    .parse(JSON.parse(stdout))
    .filter((name) => name !== '@opentelemetry/api');
  if (loaded.length === 0) expect(names).toEqual([]);
  else expect(names).toEqual(expect.arrayContaining(loaded));
});
