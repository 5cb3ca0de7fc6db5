import type { Assignment } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { Attempt } from './attempt.ts';

/** What a worker runs, and what it has room for. */
export interface Slots {
  /** Tasks that may be asked for now. */
  free(): number;
  /** Null when the assignment may run; otherwise why it must be given back. */
  refusal(assignment: Assignment): 'no_free_slot' | 'not_alone' | null;
  add(attempt: Attempt): void;
  remove(attempt: Attempt): void;
  running(): readonly Attempt[];
}

/**
 * A task that must run alone takes every slot. When one arrives beside others it is given back, and nothing is asked for
 * until the others have ended: asking at once would bring it again and again.
 */
export function createSlots(count: number): Slots {
  const running = new Set<Attempt>();
  let waitsForQuiet = false;

  function free(): number {
    const closed = waitsForQuiet || [...running].some((attempt) => attempt.assignment.alone);
    return closed ? 0 : count - running.size;
  }

  return {
    free,
    refusal(assignment) {
      if (assignment.alone && running.size > 0) {
        waitsForQuiet = true;
        return 'not_alone';
      }
      return free() > 0 ? null : 'no_free_slot';
    },
    add: (attempt) => running.add(attempt),
    remove(attempt) {
      running.delete(attempt);
      if (running.size === 0) waitsForQuiet = false;
    },
    running: () => [...running],
  };
}
