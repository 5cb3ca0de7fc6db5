export type SpanAttributes = Record<string, string | number | boolean>;

/** OpenTelemetry's. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export interface SpanOptions {
  /** Default: `internal`. */
  kind?: SpanKind;
  attributes?: SpanAttributes;
  /** When it began, in milliseconds since 1970, if that was before. */
  beganAt?: number;
}

/** The place in a trace where spans are hung. */
export interface Trace {
  /** W3C trace context for whoever is called from here; null where there is none. */
  readonly traceparent: string | null;
  /** Whether spans from here are recorded. */
  readonly isRecording: boolean;
  /** The place that a trace context names, of the same recorder: recording if its trace is sampled. */
  below(traceparent: string | null | undefined): Trace;
  /** Opens a span below this place. Whoever opens it ends it. */
  begin(name: string, options?: SpanOptions): OpenSpan;
}

export interface OpenSpan {
  /** The place below the span. */
  readonly trace: Trace;
  set(attributes: SpanAttributes): void;
  rename(name: string): void;
  /** With an error it has failed: its first line, without secrets, is what the span says. */
  end(error?: unknown): void;
}

/** Does work inside a span of its own; what the work throws, the span says and passes on. */
export async function inSpan<T>(
  trace: Trace | undefined,
  name: string,
  options: SpanOptions,
  work: (span: OpenSpan) => Promise<T>,
): Promise<T> {
  if (!trace?.isRecording) return work(unrecordedSpan(trace ?? unrecorded(null)));
  const span = trace.begin(name, options);
  try {
    const result = await work(span);
    span.end();
    return result;
  } catch (error) {
    span.end(error ?? 'failed');
    throw error;
  }
}

/** A place where nothing is recorded: a trace context that was given still goes through it. */
export function unrecorded(traceparent: string | null): Trace {
  const trace: Trace = {
    traceparent,
    isRecording: false,
    below: (other) => unrecorded(other || null),
    begin: () => unrecordedSpan(trace),
  };
  return trace;
}

/** A span that nobody keeps. */
export function unrecordedSpan(trace: Trace): OpenSpan {
  return { trace, set: () => {}, rename: () => {}, end: () => {} };
}
