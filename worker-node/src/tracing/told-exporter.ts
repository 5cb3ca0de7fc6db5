import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from '../logger.ts';

/** A collector that is away is told of once in a while. */
const TELL_EVERY_MS = 60_000;

/** The same exporter, whose failures are logged: the SDK itself keeps them to itself. */
export function toldExporter(exporter: SpanExporter, log: Logger): SpanExporter {
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const now = performance.now();
        if (result.error && now - toldAt > TELL_EVERY_MS) {
          toldAt = now;
          log.warn({ err: result.error, count: spans.length }, 'traces could not be exported');
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush ? { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() } : {}),
  };
}
