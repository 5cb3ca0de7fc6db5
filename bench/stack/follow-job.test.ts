import { expect, test } from 'vitest';
import { eventNames } from './follow-job.ts';

test('events are told by their names, however the bytes arrive', async () => {
  const text =
    'event: snapshot\ndata: {"a":1}\nid: 3\n\n: still here\n\nevent:job.playable\ndata: {}\n\nevent: jo';
  const pieces = text.match(/.{1,7}/gs)?.map((piece) => new TextEncoder().encode(piece)) ?? [];
  const names: string[] = [];
  for await (const name of eventNames(pieces)) names.push(name);
  expect(names).toEqual(['snapshot', 'job.playable']);
});
