import type { Clock } from '../../clock/clock.ts';

export interface PaceLimits {
  /** Until the headers of the last hop are there. */
  answerMs: number;
  /** Every window that long must bring so many bytes. */
  windowMs: number;
  minWindowBytes: number;
}

/** Gives up on a server that keeps a connection alive without getting anywhere. */
export interface PaceWatch {
  /** Aborts with the reason. */
  readonly signal: AbortSignal;
  answered(): void;
  received(bytes: number): void;
  stop(): void;
}

export function startPaceWatch(clock: Clock, limits: PaceLimits): PaceWatch {
  const controller = new AbortController();
  let windowBytes = 0;
  const giveUp = (why: string) => controller.abort(new Error(why));
  const nextWindow = () => {
    windowBytes = 0;
    return clock.setTimer(limits.windowMs, () => {
      if (windowBytes < limits.minWindowBytes) giveUp('the server sends too slowly');
      else takeBack = nextWindow();
    });
  };
  let takeBack = clock.setTimer(limits.answerMs, () => giveUp('the server does not answer'));
  return {
    signal: controller.signal,
    answered() {
      takeBack();
      takeBack = nextWindow();
    },
    received(bytes) {
      windowBytes += bytes;
    },
    stop: () => takeBack(),
  };
}
