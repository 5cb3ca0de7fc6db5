import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allCases, successOf } from './cases/all.ts';
import type { Ask } from './cases/case.ts';
import { commonCases } from './cases/common.ts';
import { breaches, outcomeOf } from './check-answer.ts';
import { type Operation, operations, outcomesOf } from './operations.ts';
import { perform } from './perform.ts';
import { openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

test('every case is one of a documented operation', () => {
  const documented = new Map(operations.map((operation) => [operation.id, outcomesOf(operation)]));
  const astray = Object.entries(allCases).flatMap(([id, cases]) =>
    Object.keys(cases)
      .filter((outcome) => !documented.get(id)?.includes(outcome))
      .map((outcome) => `${id} ${outcome}`),
  );
  expect(astray).toEqual([]);
});

describe.each(operations.map((operation) => [operation.id, operation] as const))('%s', (id, operation) => {
  test.each(outcomesOf(operation))('answers %s as documented', async (outcome) => {
    const answer = await perform(world, operation, await askFor(operation, outcome));
    expect({
      outcome: outcomeOf(answer),
      breaches: breaches(operation, answer),
    }).toEqual({
      outcome,
      breaches: [],
    });
    expect(answer.text).not.toMatch(/\b(select|insert|update) |\.ts:\d|node_modules/i);
  });

  test('has a case that succeeds', () => {
    expect(Object.keys(allCases[id] ?? {}).filter((outcome) => /^2/.test(outcome))).not.toEqual([]);
  });
});

/** A request that ends in this way: one of the operation's own, or its first success, spoiled. */
async function askFor(operation: Operation, outcome: string): Promise<Ask> {
  const exact = allCases[operation.id]?.[outcome];
  if (exact) return exact(world);
  const spoil = commonCases[outcome];
  if (!spoil) throw new Error(`nothing makes ${operation.id} answer ${outcome}`);
  return spoil(world, operation, await successOf(world, operation.id));
}
