import type { Clock } from '../../worker-node/src/clock/clock.ts';
import type { Dice } from './dice.ts';
import type { VirtualEdge } from './edge/virtual-edge.ts';
import type { Fleet } from './fleet/fleet.ts';
import type { Post } from './fleet/post.ts';
import type { Network } from './network.ts';
import type { Weather } from './weather.ts';

export const BLOWS = ['kill', 'pause', 'drain', 'vanish', 'cut', 'outage'] as const;
export type Blow = (typeof BLOWS)[number];

export interface BlowDeps {
  kinds: readonly Blow[];
  clock: Clock;
  dice: Dice;
  fleet: Fleet;
  network: Network;
  edge: VirtualEdge;
  weather: Weather;
  trace(text: string): void;
  /** A process is told to stop, and is given the time to. */
  draining(post: Post): void;
  /** A process fell silent without having ended. */
  struck(lifeName: string, how: 'paused' | 'cut off'): void;
}

/** Strikes processes, machines and links, again and again. Returns a function that stops it and heals everything. */
export function strikeBlows(deps: BlowDeps, everyMs: number): () => void {
  const { clock, dice } = deps;
  const wounds = new Set<() => void>();
  let over = false;

  const next = () => {
    if (over) return;
    blow(deps, (ms, heal) => {
      const once = () => {
        if (wounds.delete(once)) heal();
      };
      wounds.add(once);
      clock.setTimer(ms, once);
    });
    clock.setTimer(dice.between(0.2, 1.8) * everyMs, next);
  };
  clock.setTimer(dice.between(0, everyMs), next);

  return () => {
    over = true;
    for (const heal of [...wounds]) heal();
  };
}

/** `last` keeps a wound open for so many milliseconds. */
function blow(deps: BlowDeps, last: (ms: number, heal: () => void) => void): void {
  const { dice, fleet, weather, edge, network, trace } = deps;
  const anyone = dice.chance(0.3) ? dice.pick(fleet.bridges) : dice.pick(fleet.workers);
  const lasting = (what: string, ms: number, heal: () => void) => {
    const end = weather.begin(what);
    last(ms, () => {
      heal();
      end();
    });
  };
  const kind = dice.pick(deps.kinds);
  switch (kind) {
    case 'kill':
      weather.faultHappened('killed process');
      anyone.life().end('killed');
      return;
    case 'pause': {
      const life = anyone.life();
      const ms = dice.chance(0.5) ? dice.between(100, 10_000) : dice.between(10_000, 180_000);
      trace(`${life.name} stands still for ${Math.round(ms)} ms`);
      life.pause();
      deps.struck(life.name, 'paused');
      lasting('paused process', ms, () => {
        trace(`${life.name} goes on`);
        life.resume();
      });
      return;
    }
    case 'drain':
      deps.draining(anyone);
      weather.faultHappened('drained process');
      anyone.drain();
      return;
    case 'vanish': {
      const standing = fleet.machineNames();
      if (standing.length === 0) return;
      const ms = dice.between(1_000, 90_000);
      fleet.vanish(dice.pick(standing), ms);
      lasting('vanished machine', ms, () => {});
      return;
    }
    case 'cut': {
      const worker = dice.pick(fleet.workers).life().name;
      const heals = fleet.bridges.map((bridge) => network.cut(worker, bridge.name));
      trace(`${worker} is cut off from the bridges`);
      deps.struck(worker, 'cut off');
      lasting('cut link', dice.between(1_000, 90_000), () => {
        trace(`${worker} is no longer cut off`);
        for (const heal of heals) heal();
      });
      return;
    }
    case 'outage': {
      const heal = edge.takeDown();
      lasting(
        'edge outage',
        dice.chance(0.6) ? dice.between(500, 15_000) : dice.between(15_000, 90_000),
        heal,
      );
      return;
    }
    default:
      kind satisfies never;
  }
}
