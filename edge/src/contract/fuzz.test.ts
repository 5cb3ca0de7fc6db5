import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allCases } from './cases/all.ts';
import { breaches } from './check-answer.ts';
import { anyRequest, type There } from './fuzz/any-request.ts';
import { asCurl } from './fuzz/as-curl.ts';
import { inconsistencies } from './fuzz/inconsistencies.ts';
import { type Operation, operations } from './operations.ts';
import { type Answer, type Sent, send } from './send.ts';
import { openWorld, putSource, type World } from './world.ts';

/** To look longer, or elsewhere: FUZZ_RUNS and FUZZ_SEED. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 30);
const SEED = Number(process.env.FUZZ_SEED ?? 20_240_607);
/** Far longer than anything takes: who is not answered by then never is. */
const HANGS_AFTER_MS = 20_000;
/** Things that an operation would succeed with, beside those that it would not. */
const PREPARED = 6;

let world: World;
let sources: string[];
beforeAll(async () => {
  world = await openWorld();
  sources = [await putSource(world.ctx), await putSource(world.ctx)];
});
afterAll(() => world?.close());

describe.each(operations.map((operation) => [operation.id, operation] as const))('%s', (_id, operation) => {
  test('answers anything as documented, and soon', async () => {
    const requests = anyRequest(operation, await whatIsThere(operation));
    // Each has a seed of its own: else all would be given the same Idempotency-Keys.
    const settings = {
      seed: SEED + operations.indexOf(operation),
      numRuns: RUNS,
      endOnFailure: RUNS > 1_000,
    };
    await fc.assert(
      fc.asyncProperty(requests, (request) => holds(operation, request)),
      settings,
    );
  });
});

test('leaves the database in order', async () => {
  await world.settled();
  expect(await inconsistencies(world.ctx)).toEqual([]);
});

async function holds(operation: Operation, request: Sent): Promise<void> {
  const answer = await answered(request);
  const wrong = [...breaches(operation, answer), ...complaints(answer)];
  if (wrong.length > 0)
    throw new Error(`${wrong.join('\n')}\n${asCurl(request)}\n${answer.status} ${answer.text}`);
}

function complaints({ status, headers, text }: Answer): string[] {
  const isProblem = headers.get('content-type') === 'application/problem+json';
  return [
    status >= 500 ? ['it is our failure'] : [],
    status >= 400 && status !== 416 && !isProblem ? ['it is no problem document'] : [],
    /\.[jt]s:\d+:\d+|node_modules|violates|syntax error|invalid input|\$\d+::/.test(text)
      ? ['it shows the inside']
      : [],
  ].flat();
}

async function answered(request: Sent): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const hanging = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer\n${asCurl(request)}`)), HANGS_AFTER_MS);
  });
  try {
    return await Promise.race([send(world.ctx, request), hanging]);
  } finally {
    clearTimeout(timer);
  }
}

/** What is there for an operation: what its cases name, as far as that lies in one project. */
async function whatIsThere(operation: Operation): Promise<There> {
  const there: There = { known: { input_key: sources }, together: [], bodies: [], project: null };
  const cases = Object.values(allCases[operation.id] ?? {});
  for (let n = 0; n < PREPARED + cases.length; n++) {
    // The first of them succeeds.
    const { params = {}, headers = {}, body } = (await cases[Math.max(0, n - PREPARED)]?.(world)) ?? {};
    const project = headers['x-project-id'] ?? null;
    if (n === 0) there.project = project;
    if (project !== there.project) continue;
    there.together.push(params);
    if (body !== undefined) there.bodies.push(body);
    for (const [name, value] of Object.entries(params)) {
      there.known[name] = [...(there.known[name] ?? []), value];
    }
  }
  return there;
}
