import type {
  Assignment,
  ClaimTasksRequest,
  WorkerInfo,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { Clock } from '../clock/clock.ts';
import type { Condition } from '../clock/condition.ts';

/*
 * Workers whose long poll is open.
 *
 *   waiting → claiming → answered     a claim is made for a waiting worker, and what it finds is handed over
 *   claiming → waiting                the claim found nothing and there is time left
 *   claiming → overdue → answered     time ran out during the claim: whatever it finds is the answer
 *   waiting → answered                time ran out
 *   waiting | claiming | overdue → gone   the worker's call went away
 */
type State = 'waiting' | 'claiming' | 'overdue' | 'answered' | 'gone';

export interface Waiter {
  readonly worker: WorkerInfo;
  readonly maxTasks: number;
  /** Takes the answer of a claim. False when the worker's call has gone away. */
  handOver(assignments: Assignment[]): boolean;
}

export interface WaitingRoom {
  /** Holds a worker's call until it is handed something, its time is over, or the room closes. */
  enter(
    worker: WorkerInfo,
    request: ClaimTasksRequest,
    signal: AbortSignal | undefined,
  ): Promise<Assignment[]>;
  /** The worker that has waited longest among those that suit, now marked as being claimed for. */
  take(suits: (worker: WorkerInfo) => boolean): Waiter | null;
  /** How many wait with no claim under way. */
  idle(): number;
  /** Everyone in the room. */
  workers(): WorkerInfo[];
  /** Answers everyone and lets nobody wait from now on. */
  close(): void;
}

/** `changed` is notified whenever somebody begins to wait, or to wait again, or leaves. */
export function createWaitingRoom(clock: Clock, changed: Condition): WaitingRoom {
  const present = new Set<Place>();
  let closed = false;

  interface Place extends Waiter {
    state: State;
    answer(assignments: Assignment[]): void;
    timeIsUp(): void;
  }

  function enter(worker: WorkerInfo, request: ClaimTasksRequest, signal: AbortSignal | undefined) {
    return new Promise<Assignment[]>((resolve) => {
      if (closed || signal?.aborted) {
        resolve([]);
        return;
      }
      const leave = (state: State) => {
        place.state = state;
        present.delete(place);
        takeBack();
        signal?.removeEventListener('abort', onAbort);
        changed.notify();
      };
      const place: Place = {
        worker,
        maxTasks: request.maxTasks,
        state: 'waiting',
        answer(assignments) {
          leave('answered');
          resolve(assignments);
        },
        handOver(assignments) {
          if (place.state === 'gone') return false;
          if (assignments.length > 0 || place.state === 'overdue') {
            place.answer(assignments);
          } else {
            place.state = 'waiting';
            changed.notify();
          }
          return true;
        },
        timeIsUp() {
          if (place.state === 'claiming') place.state = 'overdue';
          else if (place.state === 'waiting') place.answer([]);
        },
      };
      const onAbort = () => {
        leave('gone');
        resolve([]);
      };
      const takeBack = clock.setTimer(request.waitMs, () => place.timeIsUp());
      signal?.addEventListener('abort', onAbort, { once: true });
      present.add(place);
      changed.notify();
    });
  }

  return {
    enter,
    take(suits) {
      for (const place of present) {
        if (place.state !== 'waiting' || !suits(place.worker)) continue;
        place.state = 'claiming';
        return place;
      }
      return null;
    },
    idle: () => [...present].filter((place) => place.state === 'waiting').length,
    workers: () => [...present].map((place) => place.worker),
    close() {
      closed = true;
      for (const place of [...present]) place.timeIsUp();
    },
  };
}
