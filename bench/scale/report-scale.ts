import path from 'node:path';
import { type Machine, machineLine } from '../machine.ts';
import { rounded } from '../rounded.ts';
import { writeResults } from '../write-results.ts';
import type { MeasuredCosts } from './measure-costs.ts';
import type { SimulatedRun } from './simulate-fleet.ts';
import type { SimulatedHour } from './simulate-hour.ts';
import { encodePhaseSeconds, type TimedTask } from './task-times.ts';

/** How many times as fast as one worker. */
export interface ScaleFigures {
  /** The encode phase, measured. */
  speedup: { '2': number; '4': number; '8': number };
  /** 8: the same tasks as measured. 100 and 1000: an hour of film, to its last segment. */
  simulated: { '8': number; '100': number; '1000': number };
}

export interface ScaleRuns {
  machine: Machine;
  source: string;
  /** By how many workers did them. */
  runs: ReadonlyMap<number, TimedTask[]>;
  samePlan: { one: SimulatedRun; eight: SimulatedRun };
  /** Of 1, 100 and 1000 workers. */
  hours: readonly SimulatedHour[];
  costs: MeasuredCosts;
  handOverSeconds: number;
}

export async function reportScale(found: ScaleRuns): Promise<ScaleFigures> {
  const { machine, source, runs, samePlan, hours, costs, handOverSeconds } = found;
  const phase = (workers: number) => encodePhaseSeconds(runs.get(workers) ?? []);
  const speedup = (workers: number) => rounded(phase(1) / phase(workers), 3);
  const hour = (workers: number) => hours.find((run) => run.workers === workers)?.hls ?? Number.NaN;
  const figures: ScaleFigures = {
    speedup: { '2': speedup(2), '4': speedup(4), '8': speedup(8) },
    simulated: {
      '8': rounded(samePlan.one.encodePhase / samePlan.eight.encodePhase, 3),
      '100': rounded(hour(1) / hour(100), 2),
      '1000': rounded(hour(1) / hour(1_000), 2),
    },
  };
  const encodes = runs.get(1)?.filter(({ spec }) => spec.kind === 'encode-video').length ?? 0;

  console.log(
    `\n${path.basename(source)} in ${encodes} chunks, workers of 0.2 CPU each; from the first encode to the end of the last`,
  );
  console.log(`${machineLine(machine)}\n`);
  for (const workers of [1, 2, 4, 8]) {
    const line = `  ${workers} worker${workers === 1 ? ' ' : 's'} ${phase(workers).toFixed(1).padStart(8)} s ${speedup(workers).toFixed(2).padStart(7)} ×`;
    const simulated = figures.simulated['8'].toFixed(2);
    console.log(workers === 8 ? `${line} (at least 7; simulated ${simulated})` : line);
  }
  console.log(
    `\nAn hour of 1080p to the default ladder, simulated: one-core workers, ${handOverSeconds.toFixed(2)} s between tasks\n`,
  );
  for (const { workers, chunks, hls, done } of hours) {
    const limits = workers === 1_000 ? ' (at most 30 and 90)' : '';
    console.log(
      `  ${String(workers).padStart(5)} workers, ${String(chunks).padStart(4)} chunks: HLS ${hls.toFixed(1).padStart(8)} s, MP4s ${done.toFixed(1).padStart(8)} s${limits}`,
    );
  }
  console.log('');

  await writeResults('scale', {
    ...figures,
    phases: Object.fromEntries([...runs.keys()].map((workers) => [workers, rounded(phase(workers), 2)])),
    ...{ chunks: encodes, hours, costs, handOverSeconds, machine },
  });
  return figures;
}
