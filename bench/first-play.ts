import { profileObject, resolveProfile } from '@millrace/shared/media/profile.ts';
import { beginToPlay } from './first-play/begin-to-play.ts';
import { describeMachine, type Machine, machineLine } from './machine.ts';
import { film, SENT } from './media/film.ts';
import { median } from './median.ts';
import type { BenchOptions } from './options.ts';
import { rounded } from './rounded.ts';
import { say } from './say.ts';
import { type BenchStack, withBenchStack } from './stack/bench-stack.ts';
import { followJob } from './stack/follow-job.ts';
import { refuseReuse, upload } from './stack/run-job.ts';
import { writeResults } from './write-results.ts';

const LENGTHS = ['10', '180', '1800'] as const;
type Length = (typeof LENGTHS)[number];

/** The default profile, whose loudness stays as it is. */
const PROFILE = profileObject.parse({
  ...resolveProfile('default'),
  normalize_loudness: false,
  reuse: false,
});

export interface FirstPlayFigures {
  /** From `POST /jobs`, by the length of the source in seconds. */
  seconds: Record<Length, number>;
}

/** How long a viewer waits for the first picture, and whether a long film makes the wait longer. */
export async function firstPlay(options: BenchOptions): Promise<FirstPlayFigures | null> {
  const machine = await describeMachine();
  const { runs = options.pairs ?? 3, workers } = options;
  const warmUp = await film(SENT, 1);
  const films = new Map<Length, string>();
  for (const length of LENGTHS) films.set(length, await film(SENT, Number(length)));
  if (options.print) {
    console.log(`no baseline; the films: ${[...films.values()].join(', ')}`);
    return null;
  }
  const measured: Record<Length, number[]> = { '10': [], '180': [], '1800': [] };
  await withBenchStack(workers === undefined ? {} : { workers }, async (bench) => {
    for (let run = 1; run <= runs; run++) {
      for (const [length, file] of films) {
        const seconds = await measure(bench, file, warmUp);
        measured[length].push(seconds);
        say(`run ${run} of ${runs}: a source of ${length} s plays after ${seconds.toFixed(2)} s`);
      }
    }
  });
  return await report(machine, measured);
}

async function measure(bench: BenchStack, file: string, warmUp: string): Promise<number> {
  await bench.freshFleet(warmUp);
  const api = await bench.freshProject();
  const inputKey = await upload(api, file);
  const postedAt = performance.now();
  const { id } = await api.createJob(inputKey, PROFILE);
  const job = await followJob(api, id, ({ playable_at }) => playable_at !== null);
  if (!job.hls_url) throw new Error(`job ${id} is playable and has no hls_url`);
  await beginToPlay(api, job.hls_url);
  const seconds = (performance.now() - postedAt) / 1000;
  refuseReuse(job);
  await cancel(bench, id, api.cancelJob);
  return seconds;
}

/** What was to be seen was seen: the rest of half an hour is not encoded. */
async function cancel(
  bench: BenchStack,
  id: string,
  cancelJob: (id: string) => Promise<void>,
): Promise<void> {
  // One that is done by now cannot be canceled.
  await cancelJob(id).catch(() => {});
  await bench.stopWorkers();
}

async function report(machine: Machine, measured: Record<Length, number[]>): Promise<FirstPlayFigures> {
  const of = (length: Length) => rounded(median(measured[length]), 3);
  const seconds: Record<Length, number> = { '10': of('10'), '180': of('180'), '1800': of('1800') };
  const ratio = rounded(seconds['1800'] / seconds['10'], 3);
  console.log(
    `\nFrom POST /jobs to the first picture of every rendition, with sound; medians of ${measured['10'].length}`,
  );
  console.log(`${machineLine(machine)}; 1080p to the default ladder\n`);
  for (const length of LENGTHS) {
    console.log(
      `  a source of ${length.padStart(4)} s  ${seconds[length].toFixed(2).padStart(6)} s (under 5)`,
    );
  }
  console.log(`\n  half an hour against ten seconds: ${ratio.toFixed(2)} (at most 1.5)\n`);
  await writeResults('first-play', { seconds, ratio, runs: measured, machine });
  return { seconds };
}
