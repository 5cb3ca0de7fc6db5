import { isFinal } from '@millrace/shared/job/job-state.ts';
import { createVirtualClock } from '../../worker-node/src/clock/virtual-clock.ts';
import { strikeBlows } from './blows.ts';
import { createClients } from './clients.ts';
import { createDice } from './dice.ts';
import { createVirtualEdge } from './edge/virtual-edge.ts';
import { createFleet, type Fleet } from './fleet/fleet.ts';
import { createAttemptLog } from './invariants/attempt-log.ts';
import { checkEnd } from './invariants/check-end.ts';
import { type Liveness, watchLiveness } from './invariants/liveness.ts';
import { createViolations, type Violation } from './invariants/violations.ts';
import { createWitness, type WatchfulWitness } from './invariants/witness.ts';
import type { Party } from './life.ts';
import { createNetwork } from './network.ts';
import { createOperator } from './operator.ts';
import { REAL_RULES, type Rules } from './rules.ts';
import { chooseScenario, type Scenario } from './scenario.ts';
import { createTrace } from './trace.ts';
import { createVirtualQueue } from './virtual-queue.ts';
import { createVirtualStorage } from './virtual-storage.ts';
import { createWeather } from './weather.ts';

/** Once faults have stopped, every accepted job must be final within this much virtual time. */
const CALM_LIMIT_MS = 60 * 60_000;

const CRON_EVERY_MS = 60_000;

export interface SeedOptions {
  rules?: Rules;
  /** Parts of the scenario that the seed does not decide. */
  scenario?: Partial<Scenario>;
  /** Also trace what the processes log. */
  verbose?: boolean;
}

export interface SeedOutcome {
  seed: number;
  violation: Violation | null;
  trace: readonly string[];
  jobs: number;
  attempts: number;
  /** How often each kind of fault happened. */
  faults: ReadonlyMap<string, number>;
  virtualMs: number;
  /** How long what a killed worker ran took to run again, where nothing else went wrong meanwhile. */
  recoveriesMs: readonly number[];
  /** Attempts that a worker gave back as it drained, where nothing else went wrong meanwhile. */
  givenBack: number;
}

/**
 * One virtual world from beginning to end: real bridges and real workers with virtual everything else, first under
 * faults, then in calm. The seed decides all of it.
 */
export async function runSeed(seed: number, options: SeedOptions = {}): Promise<SeedOutcome> {
  const dice = createDice(`seed ${seed}`);
  const scenario = { ...chooseScenario(dice.fork('scenario')), ...options.scenario };
  const clock = createVirtualClock();
  const trace = createTrace(clock.now, options.verbose ?? false);
  const violations = createViolations(trace.line);
  const weather = createWeather(clock.now, dice.fork('weather'), scenario.rates);
  const attempts = createAttemptLog(clock.now);
  const storage = createVirtualStorage();
  const runs = new Map<string, number>();
  const crash = (party: Party) => fleet.crash(party);

  const network = createNetwork({ clock, dice: dice.fork('network'), weather, crash, trace: trace.line });
  const queue = createVirtualQueue({ clock, dice: dice.fork('queue'), weather, network, trace: trace.line });
  const witness: WatchfulWitness = createWitness({
    tables: () => edge.tables,
    storage,
    attempts,
    violations,
    filmOf: (jobId) => clients.filmOf(jobId),
    scenario,
    trace: trace.line,
  });
  const edge = createVirtualEdge({
    ...{ clock, dice: dice.fork('edge'), weather, network, queue, storage, witness, trace: trace.line },
    rules: options.rules ?? REAL_RULES,
  });
  const clients = createClients({ clock, dice: dice.fork('clients'), scenario, edge, trace: trace.line });
  createOperator({ clock, dice: dice.fork('operator'), scenario, edge, weather, trace: trace.line });
  const fleet: Fleet = createFleet({
    ...{ clock, dice: dice.fork('fleet'), scenario, network, edge, queue, trace },
    ffmpeg: {
      weather,
      storage,
      filmOf: clients.filmOf,
      failed: attempts.failed,
      countRun(taskId) {
        const before = runs.get(taskId) ?? 0;
        runs.set(taskId, before + 1);
        return before;
      },
    },
    ended(life, how) {
      liveness.lifeEnded(life, how);
      attempts.struck(life.name, how);
    },
  });
  const liveness: Liveness = watchLiveness({
    clock,
    db: edge.database,
    fleet,
    weather,
    attempts,
    violations,
  });

  trace.line(`seed ${seed}: ${JSON.stringify(scenario)}`);
  if (scenario.hasCron) every(CRON_EVERY_MS, edge.cron);
  const heal =
    scenario.blowEveryMs === null
      ? () => {}
      : strikeBlows(
          {
            ...{ clock, dice: dice.fork('blows'), fleet, network, edge, weather, trace: trace.line },
            kinds: scenario.blows,
            draining: (post) => liveness.draining(post.life()),
            struck: attempts.struck,
          },
          scenario.blowEveryMs,
        );
  /** There is always a next event: somebody looks every second. */
  const until = (done: () => boolean, limitMs: number) => {
    const end = clock.now() + limitMs;
    const isOver = () => violations.first() !== null || clock.now() >= end || done();
    return clock.advanceUntil(isOver, limitMs + 60_000);
  };

  await until(() => false, scenario.chaosMs);
  if (!violations.first()) trace.line('faults stop');
  weather.becomeCalm();
  heal();
  await until(isQuiet, CALM_LIMIT_MS);
  checkEnd(edge.tables, witness, violations);

  return {
    seed,
    violation: violations.first(),
    trace: trace.lines(),
    jobs: witness.acceptedJobs.size,
    attempts: attempts.count(),
    faults: weather.counts(),
    virtualMs: clock.now(),
    recoveriesMs: liveness.recoveriesMs,
    givenBack: liveness.givenBack(),
  };

  function every(ms: number, act: () => void): void {
    clock.setTimer(ms, () => {
      act();
      every(ms, act);
    });
  }

  function isQuiet(): boolean {
    const jobs = [...edge.tables.jobs.values()];
    return jobs.every((job) => isFinal(job.state.status)) && witness.nudgesOwed().length === 0;
  }
}
