import path from 'node:path';
import { type Baseline, splitBaseline } from './engine/baseline-argv.ts';
import { BENCH_PROFILE } from './engine/bench-profile.ts';
import { printCommands } from './engine/print-commands.ts';
import { runBaseline } from './engine/run-baseline.ts';
import { wholePlan } from './engine/whole-plan.ts';
import { describeMachine, type Machine, machineLine } from './machine.ts';
import { DELIVERED, film } from './media/film.ts';
import { median } from './median.ts';
import type { BenchOptions } from './options.ts';
import { rounded } from './rounded.ts';
import { say } from './say.ts';
import { type BenchStack, withBenchStack } from './stack/bench-stack.ts';
import { runJob } from './stack/run-job.ts';
import { inTemporaryFolder } from './temporary-folder.ts';
import { mediaInfoOf } from './workbench/workbench.ts';
import { writeResults } from './write-results.ts';

const CLIP_SECONDS = 2;

interface Pair {
  ffmpegSeconds: number;
  jobSeconds: number;
}

export interface ShortFigures {
  overhead_seconds: number;
}

/** What Millrace adds to a clip so short that encoding it takes no time to speak of. */
export async function short(options: BenchOptions): Promise<ShortFigures | null> {
  const machine = await describeMachine();
  const { pairs: count = 5, workers, seconds = CLIP_SECONDS } = options;
  const clip = options.source ?? (await film(DELIVERED, seconds));
  const mediaInfo = await mediaInfoOf(clip);
  return await inTemporaryFolder(async (folder) => {
    const plan = wholePlan(mediaInfo, BENCH_PROFILE, machine.cores);
    const plain = splitBaseline(clip, path.join(folder, 'plain'), plan);
    if (options.print) {
      printCommands('plain ffmpeg', plain.commands);
      return null;
    }
    const warmUp = await film(DELIVERED, 1);
    const pairs = await withBenchStack(workers === undefined ? {} : { workers }, async (bench) => {
      const measured: Pair[] = [];
      for (let pair = 1; pair <= count; pair++) {
        measured.push(await measurePair(bench, plain, clip, warmUp, pair % 2 === 0));
        say(`pair ${pair} of ${count}: ${told(measured.at(-1))}`);
      }
      return measured;
    });
    return await report(machine, clip, pairs);
  });
}

/** Workers are away while ffmpeg runs alone, and wait for work when the job comes. */
async function measurePair(
  bench: BenchStack,
  plain: Baseline,
  clip: string,
  warmUp: string,
  jobFirst: boolean,
): Promise<Pair> {
  const runPlain = async () => {
    await bench.stopWorkers();
    return (await runBaseline(plain)).wallSeconds;
  };
  const runOurs = async () => {
    await bench.freshFleet(warmUp);
    return (await runJob(await bench.freshProject(), clip, BENCH_PROFILE)).wallSeconds;
  };
  if (jobFirst) {
    const jobSeconds = await runOurs();
    return { jobSeconds, ffmpegSeconds: await runPlain() };
  }
  const ffmpegSeconds = await runPlain();
  return { ffmpegSeconds, jobSeconds: await runOurs() };
}

function told(pair: Pair | undefined): string {
  return `ffmpeg ${pair?.ffmpegSeconds.toFixed(2)} s, job ${pair?.jobSeconds.toFixed(2)} s`;
}

async function report(machine: Machine, clip: string, pairs: Pair[]): Promise<ShortFigures> {
  const overhead = median(pairs.map(({ jobSeconds, ffmpegSeconds }) => jobSeconds - ffmpegSeconds));
  const figures: ShortFigures = { overhead_seconds: rounded(overhead, 3) };
  const medians = {
    ffmpeg_seconds: rounded(median(pairs.map(({ ffmpegSeconds }) => ffmpegSeconds)), 3),
    job_seconds: rounded(median(pairs.map(({ jobSeconds }) => jobSeconds)), 3),
  };
  console.log(
    `\n${path.basename(clip)} to the default ladder, HLS and MP4; medians of ${pairs.length} pairs`,
  );
  console.log(`${machineLine(machine)}\n`);
  console.log(`  plain ffmpeg, one process           ${medians.ffmpeg_seconds.toFixed(2).padStart(7)} s`);
  console.log(`  POST /jobs to completed             ${medians.job_seconds.toFixed(2).padStart(7)} s`);
  console.log(`  what Millrace adds (at most 1.5 s)  ${overhead.toFixed(2).padStart(7)} s\n`);
  await writeResults('short', { ...figures, ...medians, pairs, machine });
  return figures;
}
