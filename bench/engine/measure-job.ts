import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BenchApi, BenchJob } from '../stack/bench-api.ts';
import { withBenchStack } from '../stack/bench-stack.ts';
import { runUploaded, upload } from '../stack/run-job.ts';
import { cpuBetween, type StackCpu, stackCpu } from '../stack/stack-cpu.ts';
import { BENCH_PROFILE } from './bench-profile.ts';

export interface JobRun {
  wallSeconds: number;
  cpu: StackCpu;
  /** The MP4 files, by rendition. */
  files: Map<string, string>;
}

/** Workers, and slots of each. */
export interface BenchFleet {
  workers: number;
  slots: number;
}

export interface JobToMeasure {
  source: string;
  warmUp: string;
  fleet: BenchFleet;
  /** Where the MP4 files go. */
  folder: string;
}

/** A job on a stack of its own: fresh workers, a fresh project, and a source that was uploaded just before. */
export function measureJob({ source, warmUp, fleet, folder }: JobToMeasure): Promise<JobRun> {
  return withBenchStack(fleet, async (bench) => {
    await bench.freshFleet(warmUp);
    const api = await bench.freshProject();
    const inputKey = await upload(api, source);
    const before = stackCpu(bench);
    const { job, wallSeconds } = await runUploaded(api, inputKey, BENCH_PROFILE);
    const cpu = cpuBetween(before, stackCpu(bench));
    return { wallSeconds, cpu, files: await fetchFiles(api, job, folder) };
  });
}

async function fetchFiles(api: BenchApi, job: BenchJob, folder: string): Promise<Map<string, string>> {
  await mkdir(folder, { recursive: true });
  const files = new Map<string, string>();
  for (const { resolution, output_key } of job.renditions) {
    if (!output_key) throw new Error(`${resolution} has no MP4`);
    const response = await fetch(await api.signDownload(output_key));
    if (!response.ok || !response.body) throw new Error(`${resolution}: ${response.status}`);
    const file = path.join(folder, `${resolution}.mp4`);
    await pipeline(Readable.from(response.body), createWriteStream(file));
    files.set(resolution, file);
  }
  return files;
}
