import type { Clock } from '../clock/clock.ts';
import { type Condition, createCondition } from '../clock/condition.ts';
import { within } from '../clock/within.ts';

const ASK_TIMEOUT_MS = 3_000;
/** While it answers; a call that fails tells its caller by itself. */
const ASK_EVERY_MS = 5_000;
/** While it does not: whoever waits for it should not wait for us. */
const ASK_AGAIN_MS = 1_000;

export interface EdgeHealth {
  /** False until it was asked for the first time, and from the moment `run` ends. */
  answers(): boolean;
  /** Notified when `answers` changes. */
  changed: Condition;
  /** Asks again and again until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Watches whether the control plane answers. `ask` rejects when it does not. */
export function createEdgeHealth(
  clock: Clock,
  ask: (signal: AbortSignal) => Promise<void>,
  onChange: (answers: boolean) => void = () => {},
): EdgeHealth {
  const changed = createCondition(clock);
  let answering = false;

  function set(value: boolean): void {
    if (answering === value) return;
    answering = value;
    onChange(value);
    changed.notify();
  }

  return {
    changed,
    answers: () => answering,
    async run(signal) {
      while (!signal.aborted) {
        const answered = await within(clock, ASK_TIMEOUT_MS, signal, ask).then(
          () => true,
          () => false,
        );
        set(answered && !signal.aborted);
        await clock.sleep(answered ? ASK_EVERY_MS : ASK_AGAIN_MS, signal).catch(() => {});
      }
      set(false);
    },
  };
}
