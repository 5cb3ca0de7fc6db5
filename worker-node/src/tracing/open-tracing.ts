import { otlpSettings } from '@millrace/shared/trace/otlp-settings.ts';
import { type Trace, unrecorded } from '@millrace/shared/trace/trace.ts';
import type { Logger } from '../logger.ts';

export interface Tracing {
  /** Where traces go on that somebody named; none begins here. */
  trace: Trace;
  /** Sends what is left, for a moment. Never rejects. */
  close(): Promise<void>;
}

interface Variables {
  OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  OTEL_EXPORTER_OTLP_HEADERS?: string | undefined;
}

/** The tracing of a process. Where it is off, OpenTelemetry is not even loaded. */
export async function openTracing(config: Variables, role: string, log: Logger): Promise<Tracing> {
  const settings = otlpSettings(config.OTEL_EXPORTER_OTLP_ENDPOINT, config.OTEL_EXPORTER_OTLP_HEADERS);
  if (!settings) return { trace: unrecorded(null), close: async () => {} };
  const { startOpenTelemetry } = await import('./open-telemetry.ts');
  return startOpenTelemetry(settings, role, log);
}
