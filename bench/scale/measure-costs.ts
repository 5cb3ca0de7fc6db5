import { BENCH_PROFILE } from '../engine/bench-profile.ts';
import { DELIVERED, film, TINY } from '../media/film.ts';
import { say } from '../say.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import { runJob } from '../stack/run-job.ts';
import { fitLine, type Line } from './fit-line.ts';
import { type TimedTask, taskTimes } from './task-times.ts';
import { type WarmUp, withThrottledWorkers } from './throttled-workers.ts';
import { withMoreSlots } from './with-more-slots.ts';

/** What tasks of the default ladder cost a worker that has one core and no more. */
export interface MeasuredCosts {
  analyzeSeconds: number;
  /** Over frames of a chunk. */
  encodeVideo: Line;
  /** Over seconds of sound. */
  encodeAudio: Line;
  /** Over seconds of film. */
  assemble: Line;
  posterSeconds: number;
}

const SHORT_SECONDS = 8;
const LONG_SECONDS = 24;
/** Nothing to see and much to hear: what sound costs shows only over minutes. */
const SOUND_SECONDS = 300;

/** As for two slots: chunks of one and of two segments, all but the first with one encoder thread. */
export function measureCosts(bench: BenchStack, warmUp: WarmUp): Promise<MeasuredCosts> {
  return withMoreSlots(bench.stack.databaseUrl, 1, () => measureOnOneCore(bench, warmUp));
}

function measureOnOneCore(bench: BenchStack, warmUp: WarmUp): Promise<MeasuredCosts> {
  return withThrottledWorkers(bench, { workers: 1, cpus: 1, warmUp }, async () => {
    const run = async (file: string, profile: object): Promise<TimedTask[]> => {
      const { job, wallSeconds } = await runJob(await bench.freshProject(), file, profile);
      say(`on one core: ${wallSeconds.toFixed(1)} s`);
      return await taskTimes(bench.stack.databaseUrl, job.id);
    };
    const [short, long] = [await film(DELIVERED, SHORT_SECONDS), await film(DELIVERED, LONG_SECONDS)];
    const shortTasks = await run(short, BENCH_PROFILE);
    const longTasks = await run(long, BENCH_PROFILE);
    const tiny = { ...BENCH_PROFILE, renditions: [{ height: 90 }], preset: 'ultrafast', packaging: ['hls'] };
    const soundTasks = await run(await film(TINY, SOUND_SECONDS), tiny);
    const both = [...shortTasks, ...longTasks];
    return {
      analyzeSeconds: mean(secondsOf(both, 'analyze')),
      posterSeconds: mean(secondsOf(both, 'poster')),
      encodeVideo: fitLine(
        both.flatMap(({ spec, claimed, finished }) =>
          spec.kind !== 'encode-video'
            ? []
            : [{ x: spec.chunk.segmentFrames.reduce((sum, n) => sum + n, 0), y: finished - claimed }],
        ),
      ),
      encodeAudio: fitLine([
        ...secondsOf(shortTasks, 'encode-audio').map((y) => ({ x: SHORT_SECONDS, y })),
        ...secondsOf(longTasks, 'encode-audio').map((y) => ({ x: LONG_SECONDS, y })),
        ...secondsOf(soundTasks, 'encode-audio').map((y) => ({ x: SOUND_SECONDS, y })),
      ]),
      assemble: fitLine([
        ...secondsOf(shortTasks, 'assemble').map((y) => ({ x: SHORT_SECONDS, y })),
        ...secondsOf(longTasks, 'assemble').map((y) => ({ x: LONG_SECONDS, y })),
      ]),
    };
  });
}

function secondsOf(tasks: readonly TimedTask[], kind: TimedTask['spec']['kind']): number[] {
  return tasks.filter(({ spec }) => spec.kind === kind).map(({ claimed, finished }) => finished - claimed);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
