import { expect, test } from 'vitest';
import { createTeardown } from './teardown.ts';

test('users stop before what they use, and a failure keeps nobody from being stopped', async () => {
  const stopped: string[] = [];
  const teardown = createTeardown();
  teardown.add(0, async () => void stopped.push('postgres'));
  teardown.add(2, async () => void stopped.push('worker'));
  teardown.add(1, async () => {
    throw new Error('the edge does not stop');
  });
  await expect(teardown.run()).rejects.toThrow('not everything could be stopped');
  expect(stopped).toEqual(['worker', 'postgres']);
  await teardown.run();
  expect(stopped).toHaveLength(2);
});
