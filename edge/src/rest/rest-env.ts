import type { Context } from '../context.ts';
import type { RequestMetrics } from '../metrics/request-metrics.ts';
import type { MediaCache } from '../playback/media-cache.ts';

/** What the REST door is given with every request, and what its middleware adds. */
export interface RestEnv {
  Bindings: { context: Context; requestMetrics: RequestMetrics; mediaCache: MediaCache };
  Variables: {
    requestId: string;
    /** W3C trace context: the caller's, or one begun here. */
    traceparent: string;
    /** The project the caller acts for. */
    projectId: string;
  };
}
