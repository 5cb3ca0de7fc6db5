import { describe, expect, test } from 'vitest';
import { SABOTAGES, type Sabotage } from './sabotage.ts';
import { runSeed, type SeedOutcome } from './world.ts';

const WITHIN_SEEDS = 60;

/** What gives each mistake away. */
const FOUND_BY: Record<Sabotage, RegExp> = {
  fence: /by an attempt that does not hold its lease|only the attempt that holds the lease/,
  outbox: /every nudge that was decided reaches the queue/,
  pauses: /nothing is claimed that a pause holds back/,
  counters: /number of dependencies that are not done|exactly while it has something to wait for/,
};

describe.each(Object.keys(SABOTAGES) as Sabotage[])('with the %s broken', (sabotage) => {
  test(`one of ${WITHIN_SEEDS} seeds shows it, and passes with the real rules`, async () => {
    const found = await firstViolation(sabotage);
    expect(found?.violation?.invariant).toMatch(FOUND_BY[sabotage]);
    const unbroken = await runSeed(found?.seed ?? 0);
    expect(unbroken.violation).toBeNull();
  });
});

async function firstViolation(sabotage: Sabotage): Promise<SeedOutcome | null> {
  for (let seed = 1; seed <= WITHIN_SEEDS; seed += 1) {
    const outcome = await runSeed(seed, { rules: SABOTAGES[sabotage] });
    if (outcome.violation) return outcome;
  }
  return null;
}
