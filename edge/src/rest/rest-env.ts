import type { Caller } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import type { Counters } from '../metrics/counters.ts';
import type { MediaCache } from '../playback/media-cache.ts';
import type { CallOutcome } from '../rpc/call-outcome.ts';

/** What the REST door is given with every request, and what its middleware adds. */
export interface RestEnv {
  Bindings: { context: Context; counters: Counters; mediaCache: MediaCache };
  Variables: {
    requestId: string;
    /** How links of the answer begin: as the installation is known, or as the caller reached it. */
    origin: string;
    /** W3C trace context: the caller's, or one begun here. */
    traceparent: string;
    /** The request was let in and may change something: its spans are sent. */
    isTraceKept: boolean;
    caller: Caller;
    /** How the caller stands with its rate, as headers of the answer. */
    rateHeaders: Record<string, string>;
    /** The answer says nothing of the request itself, whatever its status: it may run again. */
    isPassing: boolean;
    /** Of an RPC: how it was answered; null when the request was none. */
    callOutcome: CallOutcome | null;
    /** The caller's project. */
    projectId: string;
  };
}
