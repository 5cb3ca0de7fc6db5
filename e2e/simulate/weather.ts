import type { Dice } from './dice.ts';

/** How likely each small thing is to go wrong, each time it could. */
export interface Rates {
  /** A message vanishes; its sender learns nothing. */
  lostMessage: number;
  /** The connection breaks, and the caller learns that it did. */
  brokenConnection: number;
  /** A request arrives twice. */
  duplicateRequest: number;
  /** A message takes seconds, up to a minute. */
  slowMessage: number;
  /** A process dies just before a call goes out, or just before it reads the answer. */
  crashAtCall: number;
  /** An edge request dies between two statements. */
  edgeCrash: number;
  /** A statement is refused by the database. */
  failedStatement: number;
  /** A statement has its effect, and its answer is lost. */
  lostStatementAnswer: number;
  lostNudge: number;
  duplicateNudge: number;
  lateNudge: number;
  /** An object cannot be stored or read. */
  storageFailure: number;
}

export const CALM: Rates = {
  lostMessage: 0,
  brokenConnection: 0,
  duplicateRequest: 0,
  slowMessage: 0,
  crashAtCall: 0,
  edgeCrash: 0,
  failedStatement: 0,
  lostStatementAnswer: 0,
  lostNudge: 0,
  duplicateNudge: 0,
  lateNudge: 0,
  storageFailure: 0,
};

/** The faults of the moment. */
export interface Weather {
  /** Rolled each time the thing could go wrong. Notes that a fault happened when it does. */
  strikes(what: keyof Rates): boolean;
  /** For faults that somebody brings about on purpose. */
  faultHappened(what: string): void;
  /** The fault that just happened is felt for so long, as when a message that is under way arrives late. */
  isFeltFor(ms: number): void;
  /** When the latest fault was felt for the last time; while one lasts, now. May lie ahead. */
  lastFaultAt(): number;
  /** A lasting fault: counts as happening until the returned function is called. */
  begin(what: string): () => void;
  becomeCalm(): void;
  counts(): ReadonlyMap<string, number>;
}

export function createWeather(nowMs: () => number, dice: Dice, initial: Rates): Weather {
  const counts = new Map<string, number>();
  let rates = initial;
  let lasting = 0;
  let lastFaultAt = Number.NEGATIVE_INFINITY;

  function faultHappened(what: string): void {
    counts.set(what, (counts.get(what) ?? 0) + 1);
    lastFaultAt = Math.max(lastFaultAt, nowMs());
  }

  return {
    strikes(what) {
      if (!dice.chance(rates[what])) return false;
      faultHappened(what);
      return true;
    },
    faultHappened,
    isFeltFor(ms) {
      lastFaultAt = Math.max(lastFaultAt, nowMs() + ms);
    },
    lastFaultAt: () => (lasting > 0 ? Math.max(nowMs(), lastFaultAt) : lastFaultAt),
    begin(what) {
      faultHappened(what);
      lasting += 1;
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        lasting -= 1;
        lastFaultAt = Math.max(lastFaultAt, nowMs());
      };
    },
    becomeCalm() {
      rates = CALM;
    },
    counts: () => counts,
  };
}
