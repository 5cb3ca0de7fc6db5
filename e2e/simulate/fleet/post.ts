import type { Clock } from '../../../worker-node/src/clock/clock.ts';
import type { Dice } from '../dice.ts';
import { createLife, type Life, type LifeEnd } from '../life.ts';

/** SIGTERM is followed by SIGKILL after this long, as Kubernetes does by default. */
const GRACE_MS = 30_000;

/** A place where a process runs and is started again when it has ended: a container of a pod. */
export interface Post {
  readonly name: string;
  readonly role: 'bridge' | 'worker';
  /** The machine it is on now; a machine that vanished is replaced by another. */
  readonly machine: string;
  /** The life that runs here now, or the last one. */
  life(): Life;
  /** False while its machine has vanished and no other has taken its place. */
  machineIsUp(): boolean;
  /** SIGTERM, and SIGKILL when that takes too long. */
  drain(): void;
}

export interface PostDeps {
  clock: Clock;
  dice: Dice;
  /** At most this long after its end it is started again. */
  restartMs: number;
  /** Asked at each start: a new machine may have another name. */
  machine: () => { name: string; isUp: boolean };
  trace(text: string): void;
  /** Runs the program until it ends by itself. */
  run(life: Life): Promise<void>;
  started(life: Life): void;
  ended(life: Life, how: LifeEnd): void;
}

export function createPost(deps: PostDeps, name: string, role: Post['role']): Post {
  const { clock, dice, trace } = deps;
  let lives = 0;
  let life = start();

  function start(): Life {
    lives += 1;
    const begun = createLife(clock, dice.fork(`life ${lives}`), `${name}.${lives}`, deps.machine().name);
    begun.onEnd((how) => {
      trace(`${begun.name} ${how}`);
      deps.ended(begun, how);
      clock.setTimer(dice.between(500, deps.restartMs), restart);
    });
    deps.started(begun);
    // Not within the event that brought it about: a new process begins on its own.
    clock.setTimer(0, () => begun.deliver(() => void deps.run(begun).then(() => begun.end('exited'))));
    return begun;
  }

  function restart(): void {
    if (deps.machine().isUp) life = start();
    else clock.setTimer(1_000, restart);
  }

  return {
    name,
    role,
    get machine() {
      return deps.machine().name;
    },
    life: () => life,
    machineIsUp: () => deps.machine().isUp,
    drain() {
      const draining = life;
      trace(`${draining.name} is told to stop`);
      draining.terminate();
      clock.setTimer(GRACE_MS, () => draining.end('killed'));
    },
  };
}
