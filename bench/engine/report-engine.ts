import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { MediaInfo } from '@millrace/shared/media/media-info.ts';
import { type Machine, machineLine } from '../machine.ts';
import type { Took } from '../media/run-program.ts';
import { median } from '../median.ts';
import { rounded } from '../rounded.ts';
import type { StackCpu } from '../stack/stack-cpu.ts';
import { writeResults } from '../write-results.ts';
import type { ComparedRendition } from './compare-pictures.ts';
import type { BenchFleet, JobRun } from './measure-job.ts';

/** Ratios are Millrace's figure over ffmpeg's: below 1 is less. */
export interface EngineFigures {
  /** Against (a); the median of the pairs. */
  wall_ratio: number;
  cpu_ratio: number;
  /** Against (b). */
  sequential_wall_ratio: number;
  /** (a) less Millrace, of the rendition where they differ most: above 0 is worse. */
  ssim_difference: number;
  /** All MP4 files together, against (a). */
  bytes_ratio: number;
}

export interface EngineRuns {
  pairs: { plain: Took; job: JobRun }[];
  cascade: Took;
  sequential: Took;
  renditions: ComparedRendition[];
}

export interface EngineSetting {
  machine: Machine;
  source: string;
  mediaInfo: MediaInfo;
  fleet: BenchFleet;
  chunks: number;
}

export async function reportEngine(setting: EngineSetting, runs: EngineRuns): Promise<EngineFigures> {
  const { machine, fleet, chunks } = setting;
  const { pairs, cascade, sequential, renditions } = runs;
  const wall = median(pairs.map(({ job }) => job.wallSeconds));
  const figures = figuresOf(runs, wall);
  const source = await describeSource(setting);
  const cpu = medianCpu(pairs.map(({ job }) => job.cpu));
  const plain: Took = {
    wallSeconds: median(pairs.map((pair) => pair.plain.wallSeconds)),
    cpuSeconds: median(pairs.map((pair) => pair.plain.cpuSeconds)),
  };

  console.log(`\n${source}, to ${renditions.map(({ name }) => name).join(', ')} as HLS and MP4`);
  console.log(
    `${machineLine(machine)}; workers ${fleet.workers}, slots of each ${fleet.slots}, chunks ${chunks}; medians of ${pairs.length} pairs\n`,
  );
  console.log(`${''.padEnd(52)} wall      CPU`);
  printTook('(a)  one ffmpeg, each rung scaled from the source', plain);
  printTook('(a′) one ffmpeg, the filter graph of the engine', cascade);
  printTook('(b)  one ffmpeg for each rendition', sequential);
  printTook('(c)  Millrace, POST /jobs to completed', { wallSeconds: wall, cpuSeconds: cpu.total });
  console.log(
    `       of it workers ${seconds(cpu.workers)}, storage stand-in ${seconds(cpu.storage)}, edge ${seconds(cpu.edge)}, rest ${seconds(cpu.rest + cpu.own)}`,
  );
  console.log(`\n  wall (c)/(a) ${figures.wall_ratio.toFixed(3)} (at most 0.95)`);
  console.log(`  CPU  (c)/(a) ${figures.cpu_ratio.toFixed(3)} (at most 1.05)`);
  console.log(`  wall (c)/(b) ${figures.sequential_wall_ratio.toFixed(3)}\n`);
  for (const { name, plainSsim, jobSsim, plainBytes, jobBytes } of renditions) {
    const ssim = `SSIM (a) ${plainSsim.toFixed(5)}, (c) ${jobSsim.toFixed(5)}`;
    console.log(`  ${name.padEnd(7)} ${ssim}, bytes (c)/(a) ${(jobBytes / plainBytes).toFixed(4)}`);
  }
  console.log('');

  await writeResults('engine', {
    ...figures,
    source,
    ...fleet,
    chunks,
    ...{ plain, cascade, sequential, job: { wallSeconds: wall, cpu } },
    pairs: pairs.map(({ plain: a, job }) => ({
      plain: a,
      job: { wallSeconds: job.wallSeconds, cpu: job.cpu },
    })),
    renditions,
    machine,
  });
  return figures;
}

function figuresOf({ pairs, sequential, renditions }: EngineRuns, wall: number): EngineFigures {
  const differences = renditions.map(({ plainSsim, jobSsim }) => plainSsim - jobSsim);
  const largest = differences.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  const bytes = (of: (rendition: ComparedRendition) => number) =>
    renditions.reduce((sum, rendition) => sum + of(rendition), 0);
  const ratios = (of: (pair: EngineRuns['pairs'][number]) => number) => rounded(median(pairs.map(of)), 4);
  return {
    wall_ratio: ratios(({ plain, job }) => job.wallSeconds / plain.wallSeconds),
    cpu_ratio: ratios(({ plain, job }) => job.cpu.total / plain.cpuSeconds),
    sequential_wall_ratio: rounded(wall / sequential.wallSeconds, 4),
    ssim_difference: rounded(largest, 5),
    bytes_ratio: rounded(bytes(({ jobBytes }) => jobBytes) / bytes(({ plainBytes }) => plainBytes), 4),
  };
}

function medianCpu(runs: readonly StackCpu[]): StackCpu {
  const of = (part: keyof StackCpu) => rounded(median(runs.map((run) => run[part])), 2);
  return {
    workers: of('workers'),
    edge: of('edge'),
    storage: of('storage'),
    rest: of('rest'),
    own: of('own'),
    total: of('total'),
  };
}

async function describeSource({ source, mediaInfo }: EngineSetting): Promise<string> {
  const { size } = await stat(source);
  const length = (mediaInfo.durationMicros / 1e6).toFixed(0);
  const { width, height, codec } = mediaInfo.video ?? { width: 0, height: 0, codec: 'no pictures' };
  return `${path.basename(source)} (${length} s, ${width} × ${height}, ${codec}, ${(size / 1e6).toFixed(0)} MB)`;
}

function printTook(name: string, { wallSeconds, cpuSeconds }: Took): void {
  console.log(`  ${name.padEnd(50)} ${seconds(wallSeconds).padStart(7)} ${seconds(cpuSeconds).padStart(8)}`);
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}
