import { chooseTasks } from '@millrace/shared/task/claim-order.ts';
import { BRIDGE_HEARTBEAT_MS, LEASE_TTL_MS } from '@millrace/shared/task/lease-rules.ts';
import type { Clock } from '../../../worker-node/src/clock/clock.ts';
import { type Database, jobOf } from '../edge/change-job.ts';
import { claimScene } from '../edge/claim-statement.ts';
import type { Fleet, Poll } from '../fleet/fleet.ts';
import type { Life, LifeEnd } from '../life.ts';
import type { Weather } from '../weather.ts';
import type { AttemptLog, AttemptRecord } from './attempt-log.ts';
import type { Violations } from './violations.ts';

const LOOK_EVERY_MS = 1_000;

/** While nothing goes wrong, a worker that waits is given what it could run within this time, nudge or no nudge. */
const FIND_WITHIN_MS = BRIDGE_HEARTBEAT_MS + 3_000;

/** While nothing else goes wrong, what a killed worker ran is running again within this time. */
const RECOVER_WITHIN_MS = LEASE_TTL_MS + LEASE_TTL_MS / 3;

export interface LivenessDeps {
  clock: Clock;
  db: Database;
  fleet: Fleet;
  weather: Weather;
  attempts: AttemptLog;
  violations: Violations;
}

export interface Liveness {
  /** A worker was told to stop. */
  draining(life: Life): void;
  lifeEnded(life: Life, how: LifeEnd): void;
  readonly recoveriesMs: readonly number[];
  givenBack(): number;
}

/** Looks once a second whether things move as fast as they should when nothing is wrong. */
export function watchLiveness(deps: LivenessDeps): Liveness {
  const { clock, db, fleet, weather, attempts, violations } = deps;
  const couldRunSince = new Map<Poll, number>();
  const drains = new Map<string, { at: number; held: readonly AttemptRecord[] }>();
  const recoveriesMs: number[] = [];
  let givenBack = 0;
  let lost: { record: AttemptRecord; at: number }[] = [];

  const look = () => {
    const polls = fleet.polls();
    lookAtWaiting(polls);
    lost = lost.filter((entry) => stillLost(entry, polls));
    clock.setTimer(LOOK_EVERY_MS, look);
  };
  clock.setTimer(LOOK_EVERY_MS, look);

  function lookAtWaiting(polls: readonly Poll[]): void {
    const scene = claimScene(db);
    for (const poll of couldRunSince.keys()) if (!polls.includes(poll)) couldRunSince.delete(poll);
    if (scene.ready.length === 0) {
      couldRunSince.clear();
      return;
    }
    for (const poll of polls) {
      const [task] = chooseTasks(scene, poll, poll.freeSlots);
      if (task === undefined) {
        couldRunSince.delete(poll);
        continue;
      }
      const since = Math.max(couldRunSince.get(poll) ?? clock.now(), weather.lastFaultAt());
      couldRunSince.set(poll, since);
      if (clock.now() - since <= FIND_WITHIN_MS) continue;
      violations.report(
        'a runnable task finds a worker that waits',
        `${poll.life.name} has waited at ${poll.bridge.name} for ${clock.now() - since} ms while it could have run ${task}`,
      );
    }
  }

  /** False when it runs again, or when there is a good reason that it does not. */
  function stillLost({ record, at }: { record: AttemptRecord; at: number }, polls: readonly Poll[]): boolean {
    const task = jobOf(db.tables, record.taskId)?.state.tasks.get(record.taskId);
    if (!task || weather.lastFaultAt() > at) return false;
    if (task.attempt > record.attempt) recoveriesMs.push(clock.now() - at);
    if (task.attempt > record.attempt || (task.state !== 'running' && task.state !== 'ready')) return false;
    const able = polls.filter(
      (poll) =>
        task.needs.every((need) => poll.capabilities.includes(need)) &&
        (!task.alone || poll.freeSlots === poll.slots),
    );
    if (able.length === 0) return false;
    if (clock.now() - at <= RECOVER_WITHIN_MS) return true;
    const scene = claimScene(db);
    const isItsTurn = able.some((poll) => chooseTasks(scene, poll, poll.freeSlots).includes(task.id));
    if (task.state === 'running' || isItsTurn) {
      violations.report(
        'what a killed worker ran is running again within a lease and a third',
        `${record.taskId}#${record.attempt} of ${record.holder} is ${task.state} ${clock.now() - at} ms later`,
      );
    }
    return false;
  }

  return {
    recoveriesMs,
    givenBack: () => givenBack,
    draining(life) {
      // A fault that was shorter ago may have made the worker give up what the database still counts as its own.
      if (weather.lastFaultAt() > clock.now() - LEASE_TTL_MS) return;
      drains.set(life.name, {
        at: clock.now(),
        held: attempts.heldBy(life.name).filter(({ started }) => started),
      });
    },
    lifeEnded(life, how) {
      const drain = drains.get(life.name);
      if (drain && weather.lastFaultAt() <= drain.at) {
        if (how === 'killed') {
          violations.report('a process that is told to stop ends in time', `${life.name} had to be killed`);
        }
        for (const { taskId, attempt, outcome } of drain.held) {
          if (outcome === 'released') givenBack += 1;
          if (outcome !== null && outcome !== 'expired') continue;
          violations.report(
            'a worker that drains gives back what it runs',
            `${life.name} ended and left ${taskId}#${attempt} ${outcome ?? 'running'}`,
          );
        }
      }
      if (how !== 'killed') return;
      for (const record of attempts.heldBy(life.name)) lost.push({ record, at: clock.now() });
    },
  };
}
