import { type Clock, sleepWith } from '../../worker-node/src/clock/clock.ts';
import type { Dice } from './dice.ts';

/** Why a process is no more. After `vanished` nobody tells its peers: their connections stay open and silent. */
export type LifeEnd = 'exited' | 'killed' | 'vanished';

/** Somebody who can be called and can call: a process, a request inside the edge, a client. */
export interface Party {
  readonly name: string;
  ended(): boolean;
  /** Runs something inside: at once, when a pause is over, or never. */
  deliver(act: () => void): void;
  onEnd(listener: (end: LifeEnd) => void): void;
}

/**
 * One life of a process, from start to end.
 *
 *   running → paused → running   it stands still at whatever it awaits, and goes on with stale beliefs
 *   running | paused → ended     whatever it awaits never returns, and whatever it calls from then on has no effect
 */
export interface Life extends Party {
  readonly machine: string;
  /** Time as this process sees it. Its wall clock may be wrong, its monotonic clock began somewhere. */
  readonly clock: Clock;
  /** Fires on SIGTERM. */
  readonly signal: AbortSignal;
  state(): 'running' | 'paused' | 'ended';
  terminate(): void;
  pause(): void;
  resume(): void;
  end(how: LifeEnd): void;
}

interface Waiting {
  isTimer: boolean;
  act: () => void;
}

/** A process that was stopped for longer has its timers or its messages first, as the operating system likes. */
export function createLife(world: Clock, dice: Dice, name: string, machine: string): Life {
  const skewMs = dice.between(-60_000, 60_000);
  const bootMs = dice.between(0, 1_000_000);
  const stop = new AbortController();
  const listeners: ((end: LifeEnd) => void)[] = [];
  let state: ReturnType<Life['state']> = 'running';
  let backlog: Waiting[] = [];

  function arrive(waiting: Waiting): void {
    if (state === 'running') waiting.act();
    else if (state === 'paused') backlog.push(waiting);
  }

  const setTimer: Clock['setTimer'] = (ms, fire) => {
    let takenBack = false;
    const act = () => {
      if (!takenBack) fire();
    };
    const cancel = world.setTimer(ms, () => arrive({ isTimer: true, act }));
    return () => {
      takenBack = true;
      cancel();
    };
  };

  return {
    name,
    machine,
    clock: {
      now: () => world.now() + skewMs,
      monotonic: () => world.monotonic() + bootMs,
      sleep: (ms, signal) => sleepWith(setTimer, ms, signal),
      setTimer,
    },
    signal: stop.signal,
    state: () => state,
    ended: () => state === 'ended',
    deliver: (act) => arrive({ isTimer: false, act }),
    onEnd: (listener) => void listeners.push(listener),
    terminate: () => arrive({ isTimer: false, act: () => stop.abort(new Error('SIGTERM')) }),
    pause() {
      if (state === 'running') state = 'paused';
    },
    resume() {
      if (state !== 'paused') return;
      state = 'running';
      const timersFirst = dice.chance(0.5);
      const due = [
        ...backlog.filter((waiting) => waiting.isTimer === timersFirst),
        ...backlog.filter((waiting) => waiting.isTimer !== timersFirst),
      ];
      backlog = [];
      // One at a time, so that what each sets off is done before the next.
      for (const waiting of due) world.setTimer(0, () => arrive(waiting));
    },
    end(how) {
      if (state === 'ended') return;
      state = 'ended';
      backlog = [];
      for (const listener of listeners) listener(how);
    },
  };
}
