import path from 'node:path';
import { cascadeBaseline, sequentialBaseline, splitBaseline } from './engine/baseline-argv.ts';
import { BENCH_PROFILE } from './engine/bench-profile.ts';
import { comparePictures } from './engine/compare-pictures.ts';
import { type JobRun, measureJob } from './engine/measure-job.ts';
import { printCommands } from './engine/print-commands.ts';
import { type EngineFigures, type EngineRuns, reportEngine } from './engine/report-engine.ts';
import { runBaseline } from './engine/run-baseline.ts';
import { wholePlan } from './engine/whole-plan.ts';
import { describeMachine } from './machine.ts';
import { DELIVERED, film } from './media/film.ts';
import type { Took } from './media/run-program.ts';
import type { BenchOptions } from './options.ts';
import { say } from './say.ts';
import { inTemporaryFolder } from './temporary-folder.ts';
import { mediaInfoOf } from './workbench/workbench.ts';

const FILM_SECONDS = 180;

/**
 * The same film by plain ffmpeg in three ways and by Millrace end to end. (a) and (c) take turns, each going first as
 * often as the other; (a′) and (b) run once. While ffmpeg runs alone there is no stack.
 */
export async function engine(options: BenchOptions): Promise<EngineFigures | null> {
  const machine = await describeMachine();
  const { pairs: count = 3, seconds = FILM_SECONDS, workers } = options;
  const fleet = workers === undefined ? { workers: 1, slots: machine.cores } : { workers, slots: 1 };
  const source = path.resolve(options.source ?? (await film(DELIVERED, seconds)));
  const mediaInfo = await mediaInfoOf(source);
  return await inTemporaryFolder(async (folder) => {
    const plan = wholePlan(mediaInfo, BENCH_PROFILE, fleet.workers * fleet.slots);
    const baselines = {
      split: splitBaseline(source, path.join(folder, 'a'), plan),
      cascade: cascadeBaseline(source, path.join(folder, 'a-cascade'), plan),
      sequential: sequentialBaseline(source, path.join(folder, 'b'), plan),
    };
    if (options.print) {
      printCommands('(a) one process, each rung scaled from the source', baselines.split.commands);
      printCommands('(a′) one process, the filter graph of the engine', baselines.cascade.commands);
      printCommands('(b) one process for each rendition', baselines.sequential.commands);
      return null;
    }
    const warmUp = await film(DELIVERED, 1);
    const alone = async (name: string, baseline: (typeof baselines)['split']) => {
      say(`${name} …`);
      const took = await runBaseline(baseline);
      say(`${name}: ${took.wallSeconds.toFixed(1)} s wall, ${took.cpuSeconds.toFixed(1)} s CPU`);
      return took;
    };
    const job = async (name: string) => {
      say(`${name} …`);
      const run = await measureJob({ source, warmUp, fleet, folder: path.join(folder, 'c') });
      say(`${name}: ${run.wallSeconds.toFixed(1)} s wall, ${run.cpu.total.toFixed(1)} s CPU`);
      return run;
    };

    const pairs: { plain: Took; job: JobRun }[] = [];
    for (let pair = 1; pair <= count; pair++) {
      const [a, c] = [`pair ${pair} of ${count}, (a)`, `pair ${pair} of ${count}, (c)`];
      if (pair % 2 === 1) {
        const plain = await alone(a, baselines.split);
        pairs.push({ plain, job: await job(c) });
      } else {
        const ours = await job(c);
        pairs.push({ plain: await alone(a, baselines.split), job: ours });
      }
    }
    const cascade = await alone('(a′)', baselines.cascade);
    const sequential = await alone('(b)', baselines.sequential);
    say('comparing pictures …');
    const ours = pairs.at(-1)?.job.files ?? new Map<string, string>();
    const renditions = await comparePictures(source, plan, baselines.split.files, ours);
    const runs: EngineRuns = { pairs, cascade, sequential, renditions };
    return await reportEngine({ machine, source, mediaInfo, fleet, chunks: plan.chunks.length }, runs);
  });
}
