import { Registry } from 'prom-client';
import { type Bridge, createBridge } from '../../../worker-node/src/bridge/bridge.ts';
import { createBridgeMetrics } from '../../../worker-node/src/bridge/bridge-metrics.ts';
import type { Clock } from '../../../worker-node/src/clock/clock.ts';
import { createFailoverClient } from '../../../worker-node/src/fleet/failover-client.ts';
import type { FleetClient } from '../../../worker-node/src/fleet/fleet-client.ts';
import { createWorker } from '../../../worker-node/src/worker/worker.ts';
import { createWorkerMetrics } from '../../../worker-node/src/worker/worker-metrics.ts';
import type { Dice } from '../dice.ts';
import type { VirtualEdge } from '../edge/virtual-edge.ts';
import type { Life, LifeEnd, Party } from '../life.ts';
import type { Endpoint, Network } from '../network.ts';
import type { Scenario, WorkerShape } from '../scenario.ts';
import type { Trace } from '../trace.ts';
import type { VirtualQueue } from '../virtual-queue.ts';
import { createPost, type Post } from './post.ts';
import { createVirtualFfmpeg, type FfmpegDeps } from './virtual-ffmpeg.ts';

export interface Fleet {
  readonly bridges: readonly Post[];
  readonly workers: readonly Post[];
  /** Takes a machine and all that runs on it away for a while; another comes in its place. */
  vanish(machineName: string, forMs: number): void;
  /** Machines that are there now. */
  machineNames(): string[];
  /** Long polls that reached a bridge and wait there for work. */
  polls(): readonly Poll[];
  crash(party: Party): void;
}

/** A worker that waits for work at a bridge. */
export interface Poll {
  readonly life: Life;
  readonly bridge: Life;
  readonly since: number;
  readonly slots: number;
  readonly freeSlots: number;
  readonly capabilities: readonly string[];
}

export interface FleetDeps {
  clock: Clock;
  dice: Dice;
  scenario: Scenario;
  network: Network;
  edge: VirtualEdge;
  queue: VirtualQueue;
  trace: Trace;
  ffmpeg: Omit<FfmpegDeps, 'life' | 'encoder' | 'dice' | 'die'>;
  ended(life: Life, how: LifeEnd): void;
}

interface Machine {
  name: string;
  isUp: boolean;
  generation: number;
}

export function createFleet(deps: FleetDeps): Fleet {
  const { clock, dice, scenario, network, edge, queue, trace } = deps;
  const listening = new Map<string, Bridge>();
  const polls = new Set<Poll>();
  const machines: Machine[] = [];
  const lives = new Map<string, Life>();

  const workerHosts = scenario.machines.map((_, i) => addMachine(`m${i + 1}`));
  const bridges = Array.from({ length: scenario.bridges }, (_, i) => {
    const host = dice.chance(0.5) ? addMachine(`b${i + 1}`) : dice.pick(workerHosts);
    return addPost(`bridge-${i + 1}`, 'bridge', host, runBridge);
  });
  const workers = scenario.machines
    .flatMap(({ workers }, m) => workers.map((shape) => ({ shape, host: workerHosts[m] })))
    .flatMap(({ shape, host }, i) =>
      host ? [addPost(`worker-${i + 1}`, 'worker', host, (life) => runWorker(life, shape))] : [],
    );

  function addMachine(name: string): Machine {
    const machine = { name, isUp: true, generation: 1 };
    machines.push(machine);
    return machine;
  }

  function addPost(
    name: string,
    role: Post['role'],
    host: Machine,
    run: (life: Life) => Promise<void>,
  ): Post {
    return createPost(
      {
        clock,
        dice: dice.fork(name),
        restartMs: scenario.restartMs,
        machine: () => ({ name: `${host.name}.${host.generation}`, isUp: host.isUp }),
        trace: trace.line,
        run,
        started(life) {
          lives.set(life.name, life);
        },
        ended(life, how) {
          listening.delete(life.name);
          deps.ended(life, how);
        },
      },
      name,
      role,
    );
  }

  async function runBridge(life: Life): Promise<void> {
    const bridge = createBridge({
      clock: life.clock,
      random: dice.fork(`${life.name} random`).next,
      nudges: queue.sourceFor(life),
      edge: edge.fleetClientFor(life),
      log: trace.logger(life.name),
      metrics: createBridgeMetrics(new Registry()),
    });
    listening.set(life.name, bridge);
    await bridge.run(life.signal);
  }

  async function runWorker(life: Life, shape: WorkerShape): Promise<void> {
    const clients = bridges.map((post) => bridgeClient(life, post));
    const [first, ...others] = rotated(clients, dice.fork(`${life.name} bridge`));
    if (!first) throw new Error('there is no bridge');
    const worker = createWorker({
      clock: life.clock,
      random: dice.fork(`${life.name} random`).next,
      fleet: createFailoverClient([first, ...others]),
      runTask: createVirtualFfmpeg({
        ...deps.ffmpeg,
        life,
        encoder: shape.encoder,
        dice: dice.fork(`${life.name} ffmpeg`),
        die: () => life.end('killed'),
      }),
      identity: {
        id: life.name,
        machineId: life.machine,
        slots: shape.slots,
        capabilities: [...shape.capabilities],
        version: 'simulated',
      },
      scratch: { create: async (name) => name, remove: async () => {}, clear: async () => {} },
      log: trace.logger(life.name),
      metrics: createWorkerMetrics(new Registry()),
    });
    await worker.run(life.signal);
  }

  function bridgeClient(caller: Life, post: Post): FleetClient {
    const endpoint: Endpoint<Life> = {
      name: post.name,
      accept: () => {
        if (!post.machineIsUp()) return 'silent';
        return listening.has(post.life().name) ? post.life() : 'refused';
      },
    };
    const at = (life: Life) => {
      const bridge = listening.get(life.name);
      if (!bridge) throw new Error(`${life.name} took a call and does not listen`);
      return bridge;
    };
    return {
      claimTasks: (request, options) =>
        network.call(caller, endpoint, 'poll', options?.signal, async (life, signal) => {
          const poll = pollOf(caller, life, request.worker);
          polls.add(poll);
          try {
            return await at(life).claimTasks(request, { signal });
          } finally {
            polls.delete(poll);
          }
        }),
      report: (request, options) =>
        network.call(caller, endpoint, 'report', options?.signal, (life, signal) =>
          at(life).report(request, { signal }),
        ),
      signUrls: (request, options) =>
        network.call(caller, endpoint, 'sign', options?.signal, (life, signal) =>
          at(life).signUrls(request, { signal }),
        ),
    };
  }

  function pollOf(
    life: Life,
    bridge: Life,
    worker: Parameters<FleetClient['claimTasks']>[0]['worker'],
  ): Poll {
    return {
      life,
      bridge,
      since: clock.now(),
      slots: worker?.slots ?? 0,
      freeSlots: worker?.freeSlots ?? 0,
      capabilities: worker?.capabilities ?? [],
    };
  }

  return {
    bridges,
    workers,
    machineNames: () => machines.filter((machine) => machine.isUp).map((machine) => machine.name),
    vanish(machineName, forMs) {
      const machine = machines.find(({ name }) => name === machineName);
      if (!machine) return;
      trace.line(`machine ${machine.name}.${machine.generation} vanishes`);
      machine.isUp = false;
      const gone = `${machine.name}.${machine.generation}`;
      for (const life of [...lives.values()]) if (life.machine === gone) life.end('vanished');
      clock.setTimer(forMs, () => {
        machine.generation += 1;
        machine.isUp = true;
      });
    },
    polls: () =>
      [...polls].filter((poll) => poll.life.state() === 'running' && poll.bridge.state() === 'running'),
    crash: (party) => lives.get(party.name)?.end('killed'),
  };
}

/** Every worker begins with another bridge. */
function rotated<T>(items: readonly T[], dice: Dice): T[] {
  const from = dice.int(0, items.length - 1);
  return [...items.slice(from), ...items.slice(0, from)];
}
