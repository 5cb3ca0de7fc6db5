import type { Clock } from '../../../worker-node/src/clock/clock.ts';
import type { Dice } from '../dice.ts';
import type { LifeEnd, Party } from '../life.ts';
import type { Weather } from '../weather.ts';
import type { OutboxRow } from './tables.ts';

/** One request inside the edge, and what it does after its answer. It can die between any two steps. */
export interface EdgeRequest extends Party {
  /**
   * A round trip to the database, the queue or storage. `act` happens at one instant, or not at all. Rejects when the
   * other side refuses, or when its answer is lost; never ends when the request dies.
   */
  step<T>(name: string, act: () => T): Promise<T>;
  /** Nudges that this request alone knows of, when the rules have no outbox. */
  readonly unsent: OutboxRow[];
  /** Lets work go on after the answer. What it throws, nobody hears. */
  waitUntil(work: Promise<unknown>): void;
}

export class StepFailed extends Error {
  override name = 'StepFailed';
}

export interface EdgeRequestDeps {
  clock: Clock;
  dice: Dice;
  weather: Weather;
  /** What the step that just ran left unsent. */
  takeUnsent(): OutboxRow[];
  trace(text: string): void;
}

export function createEdgeRequest(deps: EdgeRequestDeps, name: string): EdgeRequest {
  const { clock, dice, weather, trace } = deps;
  const unsent: OutboxRow[] = [];
  const listeners: ((end: LifeEnd) => void)[] = [];
  let dead = false;

  function mayDie(when: string): boolean {
    if (!weather.strikes('edgeCrash')) return false;
    trace(`${name} dies ${when}`);
    dead = true;
    for (const listener of listeners) listener('killed');
    return true;
  }

  return {
    name,
    ended: () => dead,
    deliver: (act) => {
      if (!dead) act();
    },
    onEnd: (listener) => void listeners.push(listener),
    step(what, act) {
      return new Promise((resolve, reject) => {
        if (dead) return;
        clock.setTimer(dice.between(1, 25), () => {
          if (dead || mayDie(`before ${what}`)) return;
          if (weather.strikes('failedStatement')) {
            trace(`${name}: ${what} is refused`);
            reject(new StepFailed(`${what} was refused`));
            return;
          }
          const value = act();
          unsent.push(...deps.takeUnsent());
          if (mayDie(`after ${what}`)) return;
          if (weather.strikes('lostStatementAnswer')) {
            trace(`${name}: the answer to ${what} is lost`);
            reject(new StepFailed(`the answer to ${what} was lost`));
            return;
          }
          resolve(value);
        });
      });
    },
    unsent,
    waitUntil(work) {
      work.catch((error) => {
        if (!(error instanceof StepFailed)) throw error;
      });
    },
  };
}
