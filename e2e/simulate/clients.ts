import type { Clock } from '../../worker-node/src/clock/clock.ts';
import type { Dice } from './dice.ts';
import type { VirtualEdge } from './edge/virtual-edge.ts';
import { type Film, shootFilm } from './film.ts';
import type { Party } from './life.ts';
import type { Scenario } from './scenario.ts';

/** People who create jobs, and sometimes change their minds. */
export interface Clients {
  filmOf(jobId: string): Film;
}

export interface ClientDeps {
  clock: Clock;
  dice: Dice;
  scenario: Scenario;
  edge: VirtualEdge;
  trace(text: string): void;
}

export function createClients({ clock, dice, scenario, edge, trace }: ClientDeps): Clients {
  const films = new Map<string, Film>();
  const client: Party = { name: 'client', ended: () => false, deliver: (act) => act(), onEnd: () => {} };

  for (let i = 1; i <= scenario.jobs; i += 1) {
    const jobId = `j${i}`;
    const own = dice.fork(jobId);
    const film = shootFilm(own, `uploads/${jobId}`, scenario);
    films.set(jobId, film);
    const atMs = own.between(0, own.chance(0.5) ? 5_000 : scenario.chaosMs * 0.8);
    const input = {
      jobId,
      taskId: `${jobId}-analyze`,
      projectId: `p${own.int(1, 2)}`,
      priority: own.chance(0.2) ? own.int(-1, 1) : 0,
      profile: film.profile,
      sourceKey: film.key,
    };
    clock.setTimer(atMs, () => tell(`create ${jobId}`, edge.createJob(client, input)));
    if (own.chance(0.3)) {
      const retriedMs = atMs + own.between(0, 120_000);
      clock.setTimer(retriedMs, () => tell(`retry ${jobId}`, edge.retryJob(client, jobId)));
    }
    if (!own.chance(0.15)) continue;
    const laterMs = atMs + own.between(0, 60_000);
    const erases = own.chance(0.4);
    clock.setTimer(laterMs, () =>
      erases
        ? tell(`erase ${jobId}`, edge.eraseJob(client, jobId))
        : tell(`cancel ${jobId}`, edge.cancelJob(client, jobId)),
    );
  }

  /** A client that gets no answer does not know what became of its request. */
  function tell(what: string, call: Promise<void>): void {
    call.then(
      () => trace(`client: ${what} answered`),
      (error: Error) => trace(`client: ${what} failed: ${error.message}`),
    );
  }

  return {
    filmOf(jobId) {
      const film = films.get(jobId);
      if (!film) throw new Error(`nobody shot the film of ${jobId}`);
      return film;
    },
  };
}
