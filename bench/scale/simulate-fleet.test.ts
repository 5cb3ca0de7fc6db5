import type { PlannedTask } from '@millrace/shared/media/plan.ts';
import { expect, test } from 'vitest';
import { BENCH_PROFILE } from '../engine/bench-profile.ts';
import { fitLine, valueAt } from './fit-line.ts';
import { hourOfFilm, planOf } from './hour-of-film.ts';
import { simulateFleet } from './simulate-fleet.ts';

const tasks = planOf(hourOfFilm({ num: 25, den: 1 }), BENCH_PROFILE, 8).filter(
  ({ spec }) => spec.kind === 'encode-video' || spec.kind === 'publish',
);
const onlyEncodes: PlannedTask[] = tasks.map((task) => {
  const names = new Set(tasks.map(({ name }) => name));
  return task.spec.kind === 'publish'
    ? { ...task, dependsOn: [...names].filter((n) => n !== task.name) }
    : task;
});
const job = { tasks: onlyEncodes, analyzeSeconds: 3, secondsOf: () => 10, handOverSeconds: 0.5 };

test('one worker does one task after another', async () => {
  const encodes = onlyEncodes.length - 1;
  const run = await simulateFleet({ ...job, workers: 1 });
  expect(run.encodePhase).toBeCloseTo(encodes * 10.5, 6);
  expect(run.done).toBeCloseTo(3.5 + encodes * 10.5, 6);
});

test('workers side by side share the tasks, the last round being what it is', async () => {
  const encodes = onlyEncodes.length - 1;
  const run = await simulateFleet({ ...job, workers: 8 });
  expect(run.encodePhase).toBeCloseTo(Math.ceil(encodes / 8) * 10.5, 6);
});

test('a fleet larger than the film ends when its longest task does', async () => {
  const run = await simulateFleet({ ...job, workers: 5_000 });
  expect(run.encodePhase).toBeCloseTo(10.5, 6);
});

test('a larger fleet cuts an hour into more and shorter chunks', () => {
  const chunks = (slots: number) =>
    planOf(hourOfFilm({ num: 25, den: 1 }), BENCH_PROFILE, slots).filter(
      ({ spec }) => spec.kind === 'encode-video',
    ).length;
  expect(chunks(1_000)).toBeGreaterThan(chunks(100));
  expect(chunks(100)).toBeGreaterThan(chunks(1));
});

test('what is fixed and what grows are told apart', () => {
  const line = fitLine([
    { x: 50, y: 1.5 },
    { x: 100, y: 2.5 },
    { x: 200, y: 4.5 },
  ]);
  expect(line.fixed).toBeCloseTo(0.5, 10);
  expect(valueAt(line, 1_000)).toBeCloseTo(20.5, 10);
  expect(fitLine([{ x: 10, y: 5 }])).toEqual({ fixed: 0, perUnit: 0.5 });
  expect(
    fitLine([
      { x: 1, y: 5 },
      { x: 3, y: 3 },
    ]),
  ).toEqual({ fixed: 4, perUnit: 0 });
});
