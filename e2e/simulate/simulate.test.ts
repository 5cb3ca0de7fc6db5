import { LEASE_TTL_MS } from '@millrace/shared/task/lease-rules.ts';
import { expect, test } from 'vitest';
import { CALM } from './weather.ts';
import { runSeed, type SeedOutcome } from './world.ts';

const SEEDS = 200;

test(`nothing that must hold is broken in ${SEEDS} worlds`, async () => {
  let attempts = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const outcome = await runSeed(seed);
    attempts += outcome.attempts;
    expect(story(outcome)).toBeNull();
  }
  expect(attempts).toBeGreaterThan(20 * SEEDS);
});

test('the same seed gives the same trace, byte for byte', async () => {
  for (const seed of [2, 49]) {
    const first = await runSeed(seed, { verbose: true });
    const second = await runSeed(seed, { verbose: true });
    expect(first.trace.length).toBeGreaterThan(50);
    expect(second.trace.join('\n')).toBe(first.trace.join('\n'));
  }
});

test('what a killed worker ran is running again within a lease and a third', async () => {
  const recoveriesMs: number[] = [];
  for (let seed = 1; seed <= 40; seed += 1) {
    const outcome = await runSeed(seed, { scenario: { ...SPARSE, blows: ['kill'] } });
    expect(story(outcome)).toBeNull();
    recoveriesMs.push(...outcome.recoveriesMs);
  }
  expect(recoveriesMs.length).toBeGreaterThan(5);
  expect(Math.max(...recoveriesMs)).toBeLessThanOrEqual(LEASE_TTL_MS + LEASE_TTL_MS / 3);
});

test('a worker that drains gives back what it runs', async () => {
  let givenBack = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    const outcome = await runSeed(seed, { scenario: { ...SPARSE, blows: ['drain'] } });
    expect(story(outcome)).toBeNull();
    givenBack += outcome.givenBack;
  }
  expect(givenBack).toBeGreaterThan(5);
});

test('a control plane that is away again and again costs no job', async () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const scenario = { ...SPARSE, blows: ['outage'], blowEveryMs: 60_000, chaosMs: 600_000 } as const;
    expect(story(await runSeed(seed, { scenario }))).toBeNull();
  }
});

/** A lossless world in which one thing happens at a time. */
const SPARSE = {
  weatherName: 'gusts',
  rates: CALM,
  blowEveryMs: 70_000,
  chaosMs: 300_000,
  restartMs: 10_000,
  troubledFilms: true,
  poisonousFilms: false,
  pauses: 0,
  jobs: 8,
} as const;

/** The violation and how to see it again; null when there is none. */
function story({ seed, violation, trace }: SeedOutcome): string | null {
  if (!violation) return null;
  const last = trace.slice(-40).join('\n');
  return `seed ${seed}: ${violation.invariant}\n${violation.evidence}\n${last}\nnpm run simulate -- --seed ${seed} --trace`;
}
