import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { z } from 'zod';

const value = z.union([
  z.object({ stringValue: z.string() }).transform((v) => v.stringValue),
  z.object({ boolValue: z.boolean() }).transform((v) => v.boolValue),
  z.object({ intValue: z.union([z.string(), z.number()]) }).transform((v) => Number(v.intValue)),
  z.object({ doubleValue: z.number() }).transform((v) => v.doubleValue),
]);
const attributes = z
  .array(z.object({ key: z.string(), value }))
  .transform((list) => Object.fromEntries(list.map((entry) => [entry.key, entry.value])));

/** opentelemetry/proto/trace/v1/trace.proto in JSON: ids are hex, 64-bit numbers may be text. */
const span = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z
    .string()
    .regex(/^([0-9a-f]{16})?$/)
    .default(''),
  name: z.string().min(1),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
  attributes: attributes.default({}),
  status: z.object({ code: z.int().optional(), message: z.string().optional() }).default({}),
});

const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});

export type CollectedSpan = z.infer<typeof span> & { service: string };

export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string;
  spans: CollectedSpan[];
  /** Requests that were no OTLP, and what was wrong with them. */
  refused: string[];
  close(): Promise<void>;
}

/** Stands in for an OpenTelemetry collector: takes OTLP over HTTP in JSON, strictly, and keeps it. */
export async function startCollector(headers: Readonly<Record<string, string>> = {}): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const refused: string[] = [];
  const server = createServer(async (incoming, answer) => {
    const body = await bodyOf(incoming);
    const wrong = Object.entries(headers).find(([name, wanted]) => incoming.headers[name] !== wanted);
    const parsed = request.safeParse(parse(body));
    if (incoming.method !== 'POST' || incoming.url !== '/v1/traces' || wrong || !parsed.success) {
      const why = parsed.success ? `header ${wrong?.[0]}` : z.prettifyError(parsed.error);
      refused.push(`${incoming.method} ${incoming.url}: ${why}`);
      answer.writeHead(400).end();
      return;
    }
    for (const { resource, scopeSpans } of parsed.data.resourceSpans) {
      const service = String(resource.attributes['service.name']);
      for (const scope of scopeSpans) spans.push(...scope.spans.map((one) => ({ ...one, service })));
    }
    answer.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the collector has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    refused,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
