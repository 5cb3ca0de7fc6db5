import { Refusal } from '../refusal.ts';
import type { Caller } from './caller.ts';

/** How a caller stands after one more request. */
export interface RateStanding {
  isAllowed: boolean;
  /** Requests a window allows. */
  limit: number;
  windowSeconds: number;
  /** Requests left in this window, as far as this isolate knows: others may have used some. */
  remaining: number;
  /** Until the window ends. */
  resetSeconds: number;
}

/** Who is counted: a caller, or an address that asks without credentials. */
export type Asker = Pick<Caller, 'projectId' | 'actor'> | { address: string };

export interface RateLimiter {
  take(asker: Asker): Promise<RateStanding>;
}

/** The platform's counter, which sees all isolates near the caller. */
export interface SharedCounter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** Requests of each caller in the present window, in one isolate. */
export type RateMemory = Map<string, { window: number; used: number }>;

const WINDOW_SECONDS = 60;
const MAX_REMEMBERED = 10_000;
/** The shared counter is not asked about callers of whom this isolate has seen less of their limit: it is far away. */
const SHARED_FROM = 0.01;

/** Counts per asker in windows of a minute: here, and for those who call often with the shared counter, if there is one. */
export function rateLimiter(
  limit: number,
  memory: RateMemory,
  now: () => number,
  shared: SharedCounter | null,
): RateLimiter {
  return {
    async take(asker) {
      const key = 'address' in asker ? `address ${asker.address}` : `${asker.projectId} ${asker.actor}`;
      const seconds = now() / 1000;
      const window = Math.floor(seconds / WINDOW_SECONDS);
      const entry = memory.get(key);
      const used = (entry?.window === window ? entry.used : 0) + 1;
      if (!entry && memory.size >= MAX_REMEMBERED) memory.clear();
      memory.set(key, { window, used });
      const asksShared = shared !== null && used >= limit * SHARED_FROM;
      const isShared = !asksShared || (await shared.limit({ key })).success;
      return {
        isAllowed: used <= limit && isShared,
        limit,
        windowSeconds: WINDOW_SECONDS,
        remaining: isShared ? Math.max(0, limit - used) : 0,
        resetSeconds: Math.max(1, Math.ceil((window + 1) * WINDOW_SECONDS - seconds)),
      };
    },
  };
}

/** Refuses with `rate_limited` when the caller has used up the window. */
export function requireRate(standing: RateStanding): void {
  if (standing.isAllowed) return;
  throw new Refusal('rate_limited', `At most ${standing.limit} requests a minute are answered.`, {
    retryAfterSeconds: standing.resetSeconds,
  });
}

/** IETF draft "RateLimit header fields for HTTP". */
export function rateHeaders(standing: RateStanding): Record<string, string> {
  return {
    'ratelimit-policy': `"requests";q=${standing.limit};w=${standing.windowSeconds}`,
    ratelimit: `"requests";r=${standing.remaining};t=${standing.resetSeconds}`,
  };
}
