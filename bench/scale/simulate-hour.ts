import { spanMicros } from '@millrace/shared/media/audio-span.ts';
import type { PlannedTask } from '@millrace/shared/media/plan.ts';
import { BENCH_PROFILE } from '../engine/bench-profile.ts';
import { valueAt } from './fit-line.ts';
import { hourOfFilm, planOf } from './hour-of-film.ts';
import type { MeasuredCosts } from './measure-costs.ts';
import { type SimulatedRun, simulateFleet } from './simulate-fleet.ts';

const HOUR_SECONDS = 3_600;

export interface SimulatedHour extends SimulatedRun {
  workers: number;
  chunks: number;
}

/** An hour of 1080p on so many one-core workers, cut as the planner cuts it for them. */
export async function simulateHour(
  workers: number,
  costs: MeasuredCosts,
  handOverSeconds: number,
): Promise<SimulatedHour> {
  const tasks = planOf(hourOfFilm({ num: 24_000, den: 1001 }), BENCH_PROFILE, workers);
  const chunks = tasks.filter(({ spec }) => spec.kind === 'encode-video').length;
  const run = await simulateFleet({
    ...{ tasks, workers, handOverSeconds, analyzeSeconds: costs.analyzeSeconds },
    secondsOf: (task) => secondsOf(task, costs),
  });
  return { workers, chunks, ...run };
}

function secondsOf({ spec }: PlannedTask, costs: MeasuredCosts): number {
  switch (spec.kind) {
    case 'encode-video':
      return valueAt(
        costs.encodeVideo,
        spec.chunk.segmentFrames.reduce((sum, frames) => sum + frames, 0),
      );
    case 'encode-audio':
      return valueAt(costs.encodeAudio, spanMicros(spec) / 1e6);
    case 'assemble':
      return valueAt(costs.assemble, HOUR_SECONDS);
    case 'poster':
      return costs.posterSeconds;
    case 'publish':
      return 0;
    case 'subtitles':
    case 'storyboard':
    case 'measure-quality':
      throw new Error(`nobody measured what ${spec.kind} costs: the profile asks for none`);
    default:
      return spec satisfies never;
  }
}
