import { describeError } from '@millrace/shared/log/describe-error.ts';
import type { OtlpSettings } from '@millrace/shared/trace/otlp-settings.ts';
import {
  type SpanKind as Kind,
  type OpenSpan,
  type SpanOptions,
  type Trace,
  unrecorded,
} from '@millrace/shared/trace/trace.ts';
import { formatTraceparent, parseTraceparent, type TraceParent } from '@millrace/shared/trace/traceparent.ts';
import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import packageJson from '../../package.json' with { type: 'json' };
import type { Logger } from '../logger.ts';
import type { Tracing } from './open-tracing.ts';
import { toldExporter } from './told-exporter.ts';

const EXPORT_TIMEOUT_MS = 5_000;
const EXPORT_EVERY_MS = 1_000;
/** At the end of a process. */
const CLOSE_LIMIT_MS = 2_000;

const KINDS: Record<Kind, SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/**
 * Records with OpenTelemetry's SDK what is below a sampled span of somebody else. Spans are sent in batches, beside the
 * work; a collector that is away costs the spans that do not fit the SDK's queue and nothing else.
 */
export function startOpenTelemetry(settings: OtlpSettings, role: string, log: Logger): Tracing {
  const exporter = new OTLPTraceExporter({ ...settings, timeoutMillis: EXPORT_TIMEOUT_MS });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': `millrace-${role}`,
      'service.version': packageJson.version,
    }),
    sampler: new ParentBasedSampler({ root: new AlwaysOffSampler() }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: toldExporter(exporter, log),
        scheduledDelayMillis: EXPORT_EVERY_MS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('millrace');
  return {
    trace: { ...unrecorded(null), below: (traceparent) => placeBelow(tracer, traceparent) },
    async close() {
      const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_LIMIT_MS).unref());
      await Promise.race([provider.shutdown().catch(() => {}), late]);
    },
  };
}

function placeBelow(tracer: Tracer, traceparent: string | null | undefined): Trace {
  const parent = parseTraceparent(traceparent);
  return parent?.isSampled ? placeOf(tracer, parent) : unrecorded(traceparent || null);
}

function placeOf(tracer: Tracer, parent: TraceParent): Trace {
  return {
    traceparent: formatTraceparent(parent),
    isRecording: true,
    below: (traceparent) => placeBelow(tracer, traceparent),
    begin: (name, options = {}) => beginSpan(tracer, parent, name, options),
  };
}

function beginSpan(tracer: Tracer, parent: TraceParent, name: string, options: SpanOptions): OpenSpan {
  const { kind = 'internal', attributes = {}, beganAt } = options;
  const span = tracer.startSpan(
    name,
    { kind: KINDS[kind], attributes, ...(beganAt === undefined ? {} : { startTime: beganAt }) },
    contextOf(parent),
  );
  const { traceId, spanId } = span.spanContext();
  return {
    trace: placeOf(tracer, { traceId, spanId, isSampled: true }),
    set: (more) => void span.setAttributes(more),
    rename: (better) => void span.updateName(better),
    end(error) {
      if (error !== undefined) {
        const [message = ''] = describeError(error).message.split('\n', 1);
        span.setStatus({ code: SpanStatusCode.ERROR, message });
      }
      span.end();
    },
  };
}

function contextOf({ traceId, spanId }: TraceParent): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1, isRemote: true });
}
