import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const counts = z.object({
  redis_commands: z.number(),
  queue_pulls: z.number(),
  nudges: z.number(),
  fleet_calls: z.number(),
  storage_puts: z.number(),
  storage_gets: z.number(),
});

const api = z.object({ operations: z.object({ per_video_hour: counts, per_idle_hour: counts }) });

const engine = z.object({
  /** "name (60 s, 1920 × 1080, …)". */
  source: z.string().regex(/\((\d+) s,/),
  job: z.object({ cpu: z.object({ workers: z.number(), edge: z.number() }) }),
  renditions: z.array(z.object({ jobBytes: z.number() })),
});

/** What was measured of an hour of film and of an hour in which nothing happens. */
export interface Measured {
  filmHour: z.infer<typeof counts> & {
    workerCpuSeconds: number;
    edgeCpuSeconds: number;
    /** Of one copy of each rendition. */
    renditionBytes: number;
  };
  idleHour: z.infer<typeof counts>;
}

export const RESULTS = path.resolve(import.meta.dirname, '../../bench/results');

/** From what `npm run bench -- api` and `npm run bench -- engine` wrote. */
export async function readMeasured(folder = RESULTS): Promise<Measured> {
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(path.join(folder, name), 'utf8'));
  const { operations } = api.parse(await read('api.json'));
  const { source, job, renditions } = engine.parse(await read('engine.json'));
  const perHour = 3_600 / Number(/\((\d+) s,/.exec(source)?.[1]);
  return {
    filmHour: {
      ...operations.per_video_hour,
      workerCpuSeconds: job.cpu.workers * perHour,
      edgeCpuSeconds: job.cpu.edge * perHour,
      renditionBytes: renditions.reduce((sum, { jobBytes }) => sum + jobBytes, 0) * perHour,
    },
    idleHour: operations.per_idle_hour,
  };
}
