/** The numbers of leases and retries. One place: the edge's statements, the fleet and the simulation read them here. */

/** A started attempt's lease lasts this long from each heartbeat. */
export const LEASE_TTL_MS = 30_000;

/** An attempt must be reported as started within this time of its claim. */
export const START_WITHIN_MS = 5_000;

/** A bridge calls the edge at least this often, which drives reaper and relay. */
export const BRIDGE_HEARTBEAT_MS = LEASE_TTL_MS / 6;

/** Failures a task may spend; the last one fails the job. */
export const MAX_FAILURES = 3;

/** Silent deaths after which the next attempt runs alone. */
export const POISON_DEATHS = 2;

/** Started attempts that may run out of their lease, whatever the reason; the last one fails the job. */
export const MAX_EXPIRIES = 8;

/** A task that must run alone is offered to busy workers too after this long: one gives it back and falls quiet. */
export const ALONE_PATIENCE_MS = 15_000;

/** A worker not heard from for this long is gone. */
export const WORKER_GONE_MS = 30_000;

/** A ready task is nudged again after this long. */
export const RENUDGE_MS = 30_000;

/** A relay that claimed an outbox row and fell silent loses it after this long. */
export const RELAY_CLAIM_MS = 10_000;

/** How long a ready task that no live worker can run waits before it fails as `no_capable_worker`. */
export const NO_CAPABLE_WORKER_MS = 15 * 60_000;

/** At most this many nudges are written by one change: one wakes a bridge, and bridges claim until nothing is left. */
export const MAX_NUDGES = 8;

const RETRY_BASE_MS = 1_000;
const RETRY_CAP_MS = 30_000;

/** Delay before attempt after the n-th failure: full jitter below an exponential cap. `random` lies in [0, 1). */
export function retryDelayMs(failures: number, random: number): number {
  return Math.floor(random * Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(failures, 10)));
}

/** Tasks of one job that may run or be offered at once, so that a long film never starves a short clip. */
export function dispatchWindow(liveSlots: number, activeJobs: number): number {
  return Math.max(4, Math.floor((2 * liveSlots) / Math.max(1, activeJobs)));
}
