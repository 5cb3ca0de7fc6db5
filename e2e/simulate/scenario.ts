import { BLOWS, type Blow } from './blows.ts';
import type { Dice } from './dice.ts';
import { CALM, type Rates } from './weather.ts';

/** What a seed stands for: who is there, what the weather is like, what clients do. */
export interface Scenario {
  readonly weatherName: 'clear' | 'gusts' | 'storm';
  readonly rates: Rates;
  /** Milliseconds of faults; then everything heals. */
  readonly chaosMs: number;
  /** On average, between two blows to processes, machines and links. Null: none. */
  readonly blowEveryMs: number | null;
  readonly blows: readonly Blow[];
  /** A process that ended is started again after up to this long. */
  readonly restartMs: number;
  readonly bridges: number;
  readonly machines: readonly { workers: readonly WorkerShape[] }[];
  /** Cron fires in production, never on a laptop. */
  readonly hasCron: boolean;
  readonly jobs: number;
  /** Whether tasks have fates of their own. */
  readonly troubledFilms: boolean;
  /** Whether some of these fates kill the process that meets them. */
  readonly poisonousFilms: boolean;
  /** What nobody in this fleet can do. */
  readonly lacks: readonly string[];
  /** How often somebody holds back tasks for a while. */
  readonly pauses: number;
}

export interface WorkerShape {
  slots: number;
  /** Another encoder writes other initialisation segments, and what it makes does not play after the first one's. */
  encoder: 'usual' | 'odd';
  capabilities: readonly string[];
}

const NEEDS = ['libx264', 'libsvtav1', 'aac'] as const;

export function chooseScenario(dice: Dice): Scenario {
  const weatherName = dice.pick(['clear', 'gusts', 'gusts', 'storm', 'storm'] as const);
  const lacks = dice.chance(0.06) ? [dice.pick(NEEDS)] : [];
  const restartsSlowly = dice.chance(0.2);
  return {
    weatherName,
    rates: weatherName === 'storm' ? stormRates(dice) : { ...CALM },
    chaosMs: dice.between(60_000, 300_000),
    blowEveryMs: blowEvery(weatherName, dice),
    blows: chooseBlows(dice),
    restartMs: restartsSlowly ? dice.between(10_000, 120_000) : 10_000,
    bridges: dice.int(1, 3),
    machines: chooseMachines(dice, lacks),
    hasCron: dice.chance(0.5),
    jobs: dice.int(1, 8),
    troubledFilms: dice.chance(0.6),
    // Where every process of a machine may be down for longer than a lease, poison passes for a machine that vanished.
    poisonousFilms: !restartsSlowly,
    lacks,
    pauses: dice.chance(0.4) ? dice.int(1, 3) : 0,
  };
}

function blowEvery(weatherName: Scenario['weatherName'], dice: Dice): number | null {
  switch (weatherName) {
    case 'clear':
      return null;
    case 'gusts':
      return dice.between(40_000, 90_000);
    case 'storm':
      return dice.between(4_000, 40_000);
    default:
      return weatherName satisfies never;
  }
}

/** Some seeds know all of them, some only one: what always comes mixed never comes three times in a row. */
function chooseBlows(dice: Dice): Blow[] {
  if (dice.chance(0.3)) return [dice.pick(BLOWS)];
  const chosen = BLOWS.filter(() => dice.chance(0.6));
  return chosen.length > 0 ? chosen : [...BLOWS];
}

/** Each kind of fault is in some storms and not in others, so that rare meetings get their turn. */
function stormRates(dice: Dice): Rates {
  const sometimes = (low: number, high: number) => (dice.chance(0.5) ? dice.between(low, high) : 0);
  return {
    lostMessage: sometimes(0.001, 0.04),
    brokenConnection: sometimes(0.001, 0.04),
    duplicateRequest: sometimes(0.01, 0.1),
    slowMessage: sometimes(0.005, 0.05),
    crashAtCall: sometimes(0.0002, 0.002),
    edgeCrash: sometimes(0.001, 0.03),
    failedStatement: sometimes(0.001, 0.02),
    lostStatementAnswer: sometimes(0.001, 0.02),
    lostNudge: sometimes(0.05, 1),
    duplicateNudge: sometimes(0.05, 0.5),
    lateNudge: sometimes(0.05, 0.5),
    storageFailure: sometimes(0.0005, 0.003),
  };
}

/** One to six workers on one to four machines. Together they can do everything, but for what the fleet lacks. */
function chooseMachines(dice: Dice, lacks: readonly string[]) {
  const able = NEEDS.filter((need) => !lacks.includes(need));
  const oddEncoders = dice.chance(0.08) ? 0.3 : 0;
  const machines = Array.from({ length: dice.int(1, 4) }, () => ({ workers: [] as WorkerShape[] }));
  for (let i = dice.int(0, 5); i > 0; i -= 1) {
    const isPartial = dice.chance(0.2);
    const capabilities = isPartial ? able.filter(() => dice.chance(0.5)) : able;
    const encoder = dice.chance(oddEncoders) ? 'odd' : 'usual';
    dice.pick(machines).workers.push({ slots: dice.int(1, 3), encoder, capabilities });
  }
  machines[0]?.workers.push({ slots: dice.int(1, 2), encoder: 'usual', capabilities: able });
  return machines.filter((machine) => machine.workers.length > 0);
}
