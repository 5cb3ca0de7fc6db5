import { create } from '@bufbuild/protobuf';
import { WorkerInfoSchema } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createVirtualClock } from '../clock/virtual-clock.ts';
import { createDeletionCosts } from './deletion-costs.ts';

const LOOK_MS = 10_000;
const HOLD_MS = 60_000;

async function setUp(pods: Record<string, number>) {
  const clock = createVirtualClock();
  const costs = new Map(Object.entries(pods));
  const cluster = { costs, lists: 0, patches: [] as string[], refuses: false, refusesOne: '' };
  const lines: string[] = [];
  const fakePods = {
    async costs() {
      cluster.lists += 1;
      return new Map(costs);
    },
    async setCost(pod: string, cost: number) {
      if (cluster.refuses || cluster.refusesOne === pod) throw new Error('forbidden');
      cluster.patches.push(`${pod} ${cost}`);
      costs.set(pod, cost);
    },
    async close() {},
  };
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
  const stop = new AbortController();
  /** One bridge of possibly several that look at the same pods. */
  const bridge = () => {
    const deletionCosts = createDeletionCosts({ clock, pods: fakePods, log });
    void deletionCosts.run(stop.signal);
    return (machineId: string, busy: number) =>
      deletionCosts.heard(
        create(WorkerInfoSchema, { id: machineId, machineId, slots: 4, freeSlots: 4 - busy }),
      );
  };
  return { clock, cluster, lines, stop, bridge };
}

test('the pods of workers that have work cost something, however much it is', async () => {
  const { clock, cluster, bridge } = await setUp({ a: 0, b: 0, c: 0 });
  const heard = bridge();
  heard('a', 2);
  heard('b', 1);
  heard('c', 0);
  await clock.advance(LOOK_MS);
  heard('a', 4);
  await clock.advance(LOOK_MS);
  expect(cluster.patches).toEqual(['a 1', 'b 1']);
});

test('a pod that an earlier version gave a cost of its own keeps it while its worker has work', async () => {
  const { clock, cluster, bridge } = await setUp({ a: 3 });
  const heard = bridge();
  heard('a', 1);
  await clock.advance(2 * HOLD_MS);
  expect(cluster.patches).toEqual([]);
  heard('a', 0);
  await clock.advance(HOLD_MS + LOOK_MS);
  expect(cluster.patches).toEqual(['a 0']);
});

test('a worker between two tasks keeps its cost; one that stays idle loses it', async () => {
  const { clock, cluster, bridge } = await setUp({ a: 0 });
  const heard = bridge();
  for (let look = 0; look < 12; look++) {
    heard('a', look % 2 === 0 ? 2 : 0);
    await clock.advance(LOOK_MS);
  }
  expect(cluster.patches).toEqual(['a 1']);
  heard('a', 0);
  await clock.advance(HOLD_MS);
  heard('a', 0);
  await clock.advance(LOOK_MS);
  expect(cluster.patches).toEqual(['a 1', 'a 0']);
});

test('a bridge that has just begun to hear from a worker does not lower what another one set', async () => {
  const { clock, cluster, bridge } = await setUp({ a: 0 });
  const [first, second] = [bridge(), bridge()];
  first('a', 2);
  await clock.advance(LOOK_MS);
  second('a', 0);
  await clock.advance(LOOK_MS);
  expect(cluster.costs.get('a')).toBe(1);
  second('a', 0);
  await clock.advance(HOLD_MS);
  second('a', 0);
  await clock.advance(LOOK_MS);
  expect(cluster.costs.get('a')).toBe(0);
});

test('a bridge that hears of a worker only between its tasks does not lower what another one set', async () => {
  const { clock, cluster, bridge } = await setUp({ a: 0 });
  const [first, second] = [bridge(), bridge()];
  second('a', 0);
  await clock.advance(2 * HOLD_MS);
  for (let task = 0; task < 5; task++) {
    first('a', 1);
    await clock.advance(2 * LOOK_MS);
    second('a', 0);
    await clock.advance(LOOK_MS);
    second('a', 1);
    await clock.advance(LOOK_MS);
  }
  expect(cluster.patches).toEqual(['a 1']);
});

test('a pod that cannot be patched keeps no other from it', async () => {
  const names = Array.from({ length: 30 }, (_, n) => `worker-${n}`);
  const { clock, cluster, bridge } = await setUp(Object.fromEntries(names.map((name) => [name, 0])));
  const heard = bridge();
  cluster.refusesOne = 'worker-0';
  for (const name of names) heard(name, 1);
  await clock.advance(LOOK_MS);
  expect(cluster.patches).toHaveLength(29);
});

test('without news of workers Kubernetes is not asked, and pods of others are not touched', async () => {
  const { clock, cluster, bridge } = await setUp({ other: 0 });
  const heard = bridge();
  await clock.advance(10 * LOOK_MS);
  expect(cluster.lists).toBe(0);
  heard('a-process-on-a-laptop', 2);
  await clock.advance(10 * LOOK_MS);
  expect(cluster).toMatchObject({ lists: 1, patches: [] });
});

test('what Kubernetes refuses is said once, tried again, and said when it works again', async () => {
  const { clock, cluster, lines, bridge } = await setUp({ a: 0 });
  const heard = bridge();
  cluster.refuses = true;
  heard('a', 2);
  await clock.advance(5 * LOOK_MS);
  expect(lines).toEqual(['the costs of ending workers are not told']);
  cluster.refuses = false;
  await clock.advance(LOOK_MS);
  expect(cluster.patches).toEqual(['a 1']);
  expect(lines.at(-1)).toBe('the costs of ending workers are told again');
});

test('a thousand workers that are never done are patched once each, and listed less often than a few are', async () => {
  const names = Array.from({ length: 1_000 }, (_, n) => `worker-${n}`);
  const { clock, cluster, bridge } = await setUp(Object.fromEntries(names.map((name) => [name, 0])));
  const heard = bridge();
  const minutes = 5;
  for (let second = 0; second < minutes * 60; second += 5) {
    for (const name of names) heard(name, 1 + ((second / 5) % 4));
    await clock.advance(5_000);
  }
  expect(cluster.patches).toHaveLength(1_000);
  expect(cluster.lists).toBe(4 * minutes);
});

test('of many at once so many are patched, those with work first, and the others after the next look', async () => {
  const [idle, busy] = ['idle', 'busy'].map((what) => Array.from({ length: 150 }, (_, n) => `${what}-${n}`));
  if (!idle || !busy) throw new Error('no names');
  const pods = Object.fromEntries([...idle.map((name) => [name, 1]), ...busy.map((name) => [name, 0])]);
  const { clock, cluster, bridge } = await setUp(pods);
  const heard = bridge();
  for (const name of idle) heard(name, 0);
  await clock.advance(HOLD_MS);
  for (const name of busy) heard(name, 1);
  await clock.advance(LOOK_MS);
  expect(cluster.patches.slice(0, 150).sort()).toEqual(busy.map((name) => `${name} 1`).sort());
  expect(cluster.patches).toHaveLength(200);
  await clock.advance(LOOK_MS);
  expect(cluster.patches).toHaveLength(300);
});

test('a worker that has been silent for minutes is forgotten', async () => {
  const { clock, cluster, bridge } = await setUp({ a: 0 });
  const heard = bridge();
  cluster.refuses = true;
  heard('a', 2);
  await clock.advance(10 * 60_000);
  const { lists } = cluster;
  await clock.advance(10 * LOOK_MS);
  expect(cluster.lists).toBe(lists);
});

test('it ends with its signal', async () => {
  const { clock, stop, bridge } = await setUp({});
  bridge();
  stop.abort();
  await clock.settle();
  expect(clock.pendingTimers()).toBe(0);
});
