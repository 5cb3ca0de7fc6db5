import { expect, test } from 'vitest';
import { gather, newPassMemory } from './gather.ts';

/** A pass that ends when it is told to. */
function slowPass() {
  const runs: PromiseWithResolvers<void>[] = [];
  const pass = () => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  };
  return { runs, pass };
}

test('those who ask while it runs share one more run, and only the first waits for it', async () => {
  const memory = newPassMemory();
  const { runs, pass } = slowPass();
  const first = gather(memory, () => 0, pass);
  await Promise.all([gather(memory, () => 0, pass), gather(memory, () => 0, pass)]);
  expect(runs).toHaveLength(1);
  runs[0]?.resolve();
  await expect.poll(() => runs.length).toBe(2);
  runs[1]?.resolve();
  await first;
  expect(runs).toHaveLength(2);
});

test('one that fails, or is cut off, does not keep the next from running', async () => {
  const memory = newPassMemory();
  const failing = gather(
    memory,
    () => 0,
    () => Promise.reject(new Error('the queue is away')),
  );
  await expect(failing).rejects.toThrow('the queue is away');
  const cutOff = slowPass();
  void gather(memory, () => 0, cutOff.pass);
  const after = slowPass();
  void gather(memory, () => 14_999, after.pass);
  expect(after.runs).toHaveLength(0);
  void gather(memory, () => 15_000, after.pass);
  expect(after.runs).toHaveLength(1);
});

test('nobody works for the others for ever', async () => {
  const memory = newPassMemory();
  let nowMs = 0;
  let runs = 0;
  await gather(
    memory,
    () => nowMs,
    async () => {
      runs += 1;
      nowMs += 4_000;
      memory.isWanted = true;
    },
  );
  expect(runs).toBe(3);
});
