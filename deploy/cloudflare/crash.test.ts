import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { contract, essence, expand, goodSecrets, startWorld, type World } from './testing/world.ts';

/*
 * A deployment that breaks off at any call that changes something, before the call has done its work or after, is
 * completed by the next one, and the one after that changes nothing.
 */

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => world.reset());
afterAll(() => world.fake.stop());

/** From this call on nothing answers; the call itself may have been done. */
function breakOffAt(number: number, kind: 'lost-before' | 'lost-after'): void {
  world.fake.calls.length = 0;
  world.fake.faultOf = (call) => {
    if (call.number < number) return null;
    return { kind: call.number === number ? kind : 'lost-before' };
  };
}

function heal(): void {
  world.fake.faultOf = () => null;
}

function snapshot() {
  const { settings, code, migrations, applied } = world;
  return structuredClone({ world: { settings, code, migrations, applied }, state: world.fake.state });
}

function restore(beginning: ReturnType<typeof snapshot>): void {
  const copy = structuredClone(beginning);
  Object.assign(world, copy.world);
  world.fake.state = copy.state;
}

const reads = /^(GET|read) /;

const situations = {
  'an empty account': { before: async () => {}, options: {} },
  'an upgrade with migrations of both kinds, a rotated secret, other settings': {
    async before() {
      await world.run();
      world.code = 'second code';
      world.migrations.push(expand(3), contract(4));
      const { settings } = world;
      world.settings = {
        ...{ ...settings, webOrigins: ['https://studio.example.com'] },
        queue: { ...settings.queue, maxRetries: 5, retentionSeconds: 3_600 },
        bucket: { ...settings.bucket, expire: [{ prefix: 'uploads/', days: 30 }] },
      };
    },
    options: { secrets: { ...goodSecrets, FLEET_TOKEN: 'another-fleet-token' }, rotate: ['FLEET_TOKEN'] },
  },
};

describe.each(Object.entries(situations))('%s', (_, { before, options }) => {
  test.each(['lost-before', 'lost-after'] as const)(
    'breaks off everywhere, %s',
    async (kind) => {
      await before();
      const beginning = snapshot();
      const begin = () => restore(beginning);
      world.fake.calls.length = 0;
      expect((await world.run(options)).error).toBe(null);
      const wanted = essence(world);
      const calls = [...world.fake.calls];
      expect(calls.length).toBeGreaterThan(20);

      for (let number = 1; number <= calls.length; number += 1) {
        const where = `at call ${number}, ${calls[number - 1]}`;
        // A call that only reads leaves all as it was after the call before.
        if (number > 1 && reads.test(calls[number - 1] ?? '')) continue;
        begin();
        breakOffAt(number, kind);
        const broken = await world.run(options);
        expect([where, broken.error !== null]).toEqual([where, true]);
        heal();
        const { rotate: _rotate, ...again } = { rotate: [], ...options };
        const second = await world.run(options);
        expect([where, second.error]).toEqual([where, null]);
        expect([where, essence(world)]).toEqual([where, wanted]);
        const third = await world.run(again);
        expect([where, third.said.includes('Nothing to do.')]).toEqual([where, true]);
      }
    },
    240_000,
  );
});

test('breaking off never leaves a version answering that failed its check', async () => {
  await world.run();
  const good = essence(world).workers[0]?.tag;
  world.code = 'broken code';
  const beginning = snapshot();
  world.fake.calls.length = 0;
  await world.run();
  const calls = [...world.fake.calls];
  for (let number = 1; number <= calls.length; number += 1) {
    if (reads.test(calls[number - 1] ?? '')) continue;
    restore(beginning);
    breakOffAt(number, 'lost-after');
    expect((await world.run()).error).not.toBe(null);
    heal();
    const second = await world.run();
    expect([number, second.error?.message]).toEqual([number, expect.stringContaining('answers again')]);
    expect([number, essence(world).workers[0]?.tag]).toEqual([number, good]);
  }
}, 240_000);

const wranglersOwn =
  /^((GET|PUT) \/workers\/(services|workers|scripts)\/\w+|POST .*\/subdomain|PUT .*\/schedules)$/;

test('each call may fail twice, whatever it is, and the deployment goes through', async () => {
  const faults = [
    { kind: 'status', status: 429, retryAfterSeconds: 7 },
    { kind: 'status', status: 503 },
    { kind: 'lost-after' },
  ] as const;
  for (const fault of faults) {
    world.reset();
    const failed = new Map<string, number>();
    world.fake.faultOf = ({ method, path, permission }) => {
      // The database's and wrangler's own: wrangler tries again by itself.
      if (permission === null || wranglersOwn.test(`${method} ${path}`)) return null;
      const times = failed.get(`${method} ${path}`) ?? 0;
      failed.set(`${method} ${path}`, times + 1);
      return times < 2 ? fault : null;
    };
    expect((await world.run()).error).toBe(null);
    expect(failed.size).toBeGreaterThan(15);
    if (fault.kind === 'status' && fault.status === 429) expect(world.waits).toContain(7_000);
    heal();
    expect((await world.run()).said).toContain('Nothing to do.');
  }
});
