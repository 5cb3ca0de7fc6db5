import type { SpanAttributes, SpanKind } from '@millrace/shared/trace/trace.ts';

/** A span that has ended. Times in milliseconds since 1970. */
export interface EndedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  name: string;
  kind: SpanKind;
  beganAt: number;
  endedAt: number;
  attributes: SpanAttributes;
  /** What went wrong, if something did. */
  error: string | null;
}

/** opentelemetry/proto/trace/v1/trace.proto, Span.SpanKind. */
const KINDS: Record<SpanKind, number> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };
const STATUS_ERROR = 2;

/** The body of an ExportTraceServiceRequest: OTLP in JSON, ids in hex, 64-bit numbers as text. */
export function otlpJson(spans: readonly EndedSpan[], resource: SpanAttributes): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ scope: { name: 'millrace' }, spans: spans.map(spanOf) }],
      },
    ],
  });
}

function spanOf(span: EndedSpan) {
  const { traceId, spanId, parentSpanId, name, kind, beganAt, endedAt, attributes, error } = span;
  return {
    ...{ traceId, spanId, ...(parentSpanId === null ? {} : { parentSpanId }) },
    ...{ name, kind: KINDS[kind], startTimeUnixNano: nanos(beganAt), endTimeUnixNano: nanos(endedAt) },
    attributes: keyValues(attributes),
    status: error === null ? {} : { code: STATUS_ERROR, message: error },
  };
}

function nanos(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds * 1_000)) * 1_000n);
}

function keyValues(attributes: SpanAttributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean) {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'string') return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
