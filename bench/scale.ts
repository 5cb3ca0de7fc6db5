import { profileObject } from '@millrace/shared/media/profile.ts';
import { describeMachine } from './machine.ts';
import { equalPieces } from './media/film.ts';
import { median } from './median.ts';
import type { BenchOptions } from './options.ts';
import { say } from './say.ts';
import { measureCosts } from './scale/measure-costs.ts';
import { reportScale, type ScaleFigures } from './scale/report-scale.ts';
import { simulateHour } from './scale/simulate-hour.ts';
import { simulateTasks } from './scale/simulate-tasks.ts';
import { encodePhaseSeconds, pauses, type TimedTask, taskTimes } from './scale/task-times.ts';
import { canThrottle, withThrottledWorkers } from './scale/throttled-workers.ts';
import { withMoreSlots } from './scale/with-more-slots.ts';
import { type BenchStack, withBenchStack } from './stack/bench-stack.ts';
import { runJob } from './stack/run-job.ts';
import { writeResults } from './write-results.ts';

const FLEETS = [8, 4, 2, 1] as const;
const CPUS_OF_A_WORKER = 0.2;
/** A chunk of 2 s and then 64 of 4 s. */
const FILM_SECONDS = 2 + 64 * 4;
const WARM_UP_SECONDS = 2 + 12 * 4;
/** So many that every chunk is one segment, whoever does them. */
const PLANNED_SLOTS = 64;

/** One rung and nothing else: encoding is all there is to do, but for a poster. */
const PROFILE = profileObject.parse({
  renditions: [{ height: 360 }],
  preset: 'veryfast',
  packaging: ['hls'],
  audio_tracks: 'none',
  subtitles: false,
  storyboard: false,
  reuse: false,
});

/** How much faster more workers are, measured with small ones, and simulated with many. */
export async function scale(options: BenchOptions): Promise<ScaleFigures | { skipped: string } | null> {
  const machine = await describeMachine();
  const source = options.source ?? (await equalPieces(options.seconds ?? FILM_SECONDS));
  if (options.print) {
    console.log(`no baseline; the film: ${source}`);
    return null;
  }
  if (!(await canThrottle())) {
    const skipped = 'no control group (v1 or v2) can be made here that holds a worker to a share of the CPU';
    console.log(`bench scale is skipped: ${skipped}`);
    await writeResults('scale', { skipped, machine });
    return { skipped };
  }
  const warmUp = {
    film: await equalPieces(Math.min(WARM_UP_SECONDS, options.seconds ?? FILM_SECONDS)),
    profile: PROFILE,
  };
  return await withBenchStack({ workers: FLEETS[0] }, async (bench) => {
    const costs = await measureCosts(bench, warmUp);
    const runs = new Map<number, TimedTask[]>();
    for (const workers of FLEETS) {
      const throttled = { workers, cpus: CPUS_OF_A_WORKER, warmUp };
      const tasks = await withMoreSlots(bench.stack.databaseUrl, PLANNED_SLOTS, () =>
        withThrottledWorkers(bench, throttled, () => timeJob(bench, source)),
      );
      runs.set(workers, tasks);
      say(`${workers} of ${CPUS_OF_A_WORKER} CPU: ${encodePhaseSeconds(tasks).toFixed(1)} s of encoding`);
    }
    refuseDifferentTasks([...runs.values()]);
    const alone = runs.get(1) ?? [];
    const handOverSeconds = median(pauses(alone));
    const samePlan = {
      one: await simulateTasks(alone, 1, handOverSeconds),
      eight: await simulateTasks(alone, 8, handOverSeconds),
    };
    const hours = [];
    for (const workers of [1, 100, 1_000]) hours.push(await simulateHour(workers, costs, handOverSeconds));
    return await reportScale({ machine, source, runs, samePlan, hours, costs, handOverSeconds });
  });
}

async function timeJob(bench: BenchStack, source: string): Promise<TimedTask[]> {
  const { job } = await runJob(await bench.freshProject(), source, PROFILE);
  return await taskTimes(bench.stack.databaseUrl, job.id);
}

function refuseDifferentTasks(runs: readonly TimedTask[][]): void {
  const counts = new Set(runs.map((tasks) => tasks.length));
  if (counts.size > 1)
    throw new Error(`the runs had ${[...counts].join(', ')} tasks: they cannot be compared`);
}
