/** What an isolate remembers of a pass that many requests ask for. */
export interface PassMemory {
  /** When the pass that runs now began, in milliseconds since the epoch; null when none does. */
  beganAt: number | null;
  /** Somebody asked for it since it began. */
  isWanted: boolean;
}

/** Apart from each other: receivers of webhooks may be slow, and nudges must not wait for them. */
export interface Passes {
  relay: PassMemory;
  deliver: PassMemory;
}

export function newPasses(): Passes {
  return { relay: newPassMemory(), deliver: newPassMemory() };
}

export function newPassMemory(): PassMemory {
  return { beganAt: null, isWanted: false };
}

/** Whoever runs it for others does so no longer than that; the next to ask goes on. */
const FOR_OTHERS_MS = 10_000;
/** One that lasts so long has been cut off with its request. */
const OVERDUE_MS = 15_000;

/**
 * Runs a pass over what is there for all who ask while it runs: once more after it, instead of once for each. Resolves
 * when it has run, or is in the hands of a request that runs it already.
 */
export async function gather(
  memory: PassMemory,
  now: () => number,
  pass: () => Promise<unknown>,
): Promise<void> {
  memory.isWanted = true;
  if (memory.beganAt !== null && now() < memory.beganAt + OVERDUE_MS) return;
  const until = now() + FOR_OTHERS_MS;
  try {
    while (memory.isWanted && now() < until) {
      memory.isWanted = false;
      memory.beganAt = now();
      await pass();
    }
  } finally {
    memory.beganAt = null;
  }
}
