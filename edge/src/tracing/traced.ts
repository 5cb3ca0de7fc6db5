import { inSpan, type OpenSpan, type SpanOptions, type Trace } from '@millrace/shared/trace/trace.ts';
import { traceFields } from '@millrace/shared/trace/traceparent.ts';
import type { Context } from '../context.ts';
import type { BoundFields } from '../log.ts';

/** Does work inside a span of its own; what it logs names the span. */
export function traced<T>(
  ctx: Context,
  name: string,
  options: SpanOptions,
  work: (ctx: Context, span: OpenSpan) => Promise<T>,
): Promise<T> {
  if (!ctx.trace.isRecording) return work(ctx, ctx.trace.begin(name));
  return inSpan(ctx.trace, name, options, (span) => work(atTrace(ctx, span.trace), span));
}

/** What is done for many requests is recorded in none of their traces: each nudge and delivery has its own. */
export function forMany(ctx: Context): Context {
  return atTrace(ctx, ctx.tracing.none);
}

/** The context of what goes on at a place of a trace. */
export function atTrace(ctx: Context, trace: Trace, fields: BoundFields = {}): Context {
  const connected = trace.isRecording || ctx.trace.isRecording ? ctx.connectAt(trace) : {};
  return { ...ctx, ...connected, trace, log: ctx.log.with({ ...traceFields(trace.traceparent), ...fields }) };
}
