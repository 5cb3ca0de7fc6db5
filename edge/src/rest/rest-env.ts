import type { Caller } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import type { Counters } from '../metrics/counters.ts';
import type { MediaCache } from '../playback/media-cache.ts';

/** What the REST door is given with every request, and what its middleware adds. */
export interface RestEnv {
  Bindings: { context: Context; counters: Counters; mediaCache: MediaCache };
  Variables: {
    requestId: string;
    /** How links of the answer begin: as the installation is known, or as the caller reached it. */
    origin: string;
    /** W3C trace context: the caller's, or one begun here. */
    traceparent: string;
    caller: Caller;
    /** How the caller stands with its rate, as headers of the answer. */
    rateHeaders: Record<string, string>;
    /** The answer says nothing of the request itself, whatever its status: it may run again. */
    isPassing: boolean;
    /** The caller's project. */
    projectId: string;
  };
}
