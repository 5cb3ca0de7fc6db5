/** W3C trace context, version 00: `00-{trace}-{span}-{flags}`. */
export interface TraceParent {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits. */
  spanId: string;
  /** Whether whoever is above records the trace. */
  isSampled: boolean;
}

/** All-zero ids are invalid. */
const SHAPE = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
const SAMPLED = 1;

/** Null for what is no trace context. */
export function parseTraceparent(text: string | null | undefined): TraceParent | null {
  const [, traceId, spanId, flags] = SHAPE.exec(text ?? '') ?? [];
  if (!traceId || !spanId || !flags) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

export function formatTraceparent({ traceId, spanId, isSampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/** What log lines say of a trace. */
export function traceFields(traceparent: string | null | undefined): { trace_id?: string; span_id?: string } {
  const parsed = parseTraceparent(traceparent);
  return parsed ? { trace_id: parsed.traceId, span_id: parsed.spanId } : {};
}
