import { expect, test } from 'vitest';
import { toldEvents } from './told-events.ts';

const job_id = '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c';
const at = (second: number) => `2030-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;

test('an event is told once, whatever was told since', () => {
  const told = toldEvents(at(20));
  expect(told.add({ at: at(30), job_id, number: 2 })).toBe(true);
  expect(told.add({ at: at(25), job_id, number: 3 })).toBe(true);
  expect(told.add({ at: at(24), job_id, number: 1 })).toBe(true);
  expect(told.add({ at: at(30), job_id, number: 2 })).toBe(false);
});

test('more is looked for behind all that can have come by now', () => {
  const told = toldEvents(at(20));
  expect(told.lookBehind().at).toBe(at(10));
  told.add({ at: at(30), job_id, number: 1 });
  told.add({ at: at(25), job_id, number: 2 });
  expect(told.lookBehind().at).toBe(at(20));
});

test('in a flood nothing that was forgotten is looked for again', () => {
  const told = toldEvents(at(20), 3);
  for (let number = 1; number <= 5; number++) told.add({ at: at(25), job_id, number });
  expect(told.lookBehind()).toEqual({ at: at(25), job_id, number: 2 });
  told.add({ at: at(40), job_id, number: 6 });
  expect(told.lookBehind().at).toBe(at(30));
});
