import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { z } from 'zod';
import { removePostgresData } from '../deploy/local/postgres-home.ts';
import { type Stack, startStack } from '../deploy/local/stack.ts';
import { createApi } from '../scripts/demo/api.ts';
import { uploadFile } from '../scripts/demo/upload-file.ts';
import { watchJob } from '../scripts/demo/watch-job.ts';
import { median } from './median.ts';
import { stampedProgram } from './stamped-program.ts';

/** Milliseconds from the client's `POST /jobs`, for one job. */
interface Hops {
  answered: number;
  claimed: number;
  started: number;
  ffprobe: number;
  planned: number;
  encode: number;
}

export interface DispatchSummary {
  runs: number;
  /** Medians in milliseconds from `POST /jobs`. */
  ffprobe_ms: number;
  encode_ms: number;
  /** Medians of each step alone. */
  hops_ms: Record<string, number>;
}

const STEPS: { name: string; from: keyof Hops | null; to: keyof Hops }[] = [
  { name: 'POST /jobs answered', from: null, to: 'answered' },
  { name: 'nudge sent, pulled, task claimed', from: 'answered', to: 'claimed' },
  { name: 'handed over, start accepted', from: 'claimed', to: 'started' },
  { name: 'first ffprobe runs', from: 'started', to: 'ffprobe' },
  { name: 'analyzed, planned', from: 'ffprobe', to: 'planned' },
  { name: 'claimed again, first encode runs', from: 'planned', to: 'encode' },
];

/** How long a job waits before anything happens to it, on a stack with nothing else to do. */
export async function dispatch({ runs = 15 }: { runs?: number }): Promise<DispatchSummary> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-bench-'));
  const stamps = path.join(folder, 'stamps');
  const stack = await startStack({
    stateDir: path.join(folder, 'state'),
    workers: cpus().length,
    whenFleetEnds: 'report',
    variables: {
      worker: {
        FFPROBE_PATH: await stampedProgram(folder, 'ffprobe', stamps),
        FFMPEG_PATH: await stampedProgram(folder, 'ffmpeg', stamps),
      },
    },
  });
  try {
    const clip = await makeClip(path.join(folder, 'clip.mp4'));
    const measured: Hops[] = [];
    // The first job warms caches and connections and is not counted.
    for (let run = 0; run <= runs; run++) {
      const hops = await measure(stack, clip, stamps);
      if (run > 0) measured.push(hops);
      process.stderr.write(`\r${run} of ${runs} jobs`);
    }
    process.stderr.write('\n');
    return await report(measured);
  } finally {
    await stack.stop();
    await removePostgresData(stack.dir.postgres);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Two seconds, so that the bench is about dispatch and not about encoding. */
async function makeClip(file: string): Promise<string> {
  await promisify(execFile)('ffmpeg', [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-y'],
    ...['-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=25:d=2', '-f', 'lavfi', '-i', 'sine=r=48000:d=2'],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
      '-movflags',
      '+faststart',
      file,
    ],
  ]);
  return file;
}

async function measure(stack: Stack, clip: string, stamps: string): Promise<Hops> {
  const signal = AbortSignal.timeout(180_000);
  const api = createApi(stack.apiUrl, signal);
  const { byteLength: sizeBytes } = await readFile(clip);
  const upload = await api.beginUpload({ name: 'clip.mp4', contentType: 'video/mp4', sizeBytes });
  await uploadFile(clip, sizeBytes, upload, () => {}, signal);
  await writeFile(stamps, '');

  const postedAt = Date.now();
  const { id } = await api.createJob(upload.input_key);
  const answered = Date.now() - postedAt;
  const job = await watchJob(api, id, () => {}, signal);
  if (job.status !== 'completed') throw new Error(`the job ${job.status}: ${job.error?.message}`);

  const lines = (await readFile(stamps, 'utf8')).split('\n');
  const firstOf = (isIt: (line: string) => boolean) => Number(lines.find(isIt)?.split(' ')[0]) - postedAt;
  const times = await databaseTimes(stack.databaseUrl, id);
  return {
    answered,
    claimed: times.claimed - postedAt,
    started: times.started - postedAt,
    ffprobe: firstOf((line) => line.includes(' ffprobe ')),
    planned: times.planned - postedAt,
    encode: firstOf((line) => line.includes(' ffmpeg ') && line.includes('libx264')),
  };
}

const timesRow = z.object({ claimed: z.number(), started: z.number(), planned: z.number() });

/** When analyze was claimed and started, and when the tasks it led to were inserted: milliseconds since the epoch. */
async function databaseTimes(databaseUrl: string, jobId: string): Promise<z.infer<typeof timesRow>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      `select extract(epoch from a.claimed_at)::float8 * 1000 as claimed,
              extract(epoch from a.started_at)::float8 * 1000 as started,
              (select extract(epoch from min(t.created_at))::float8 * 1000 from tasks t
               where t.job_id = $1 and t.kind = 'encode-video') as planned
       from tasks a where a.job_id = $1 and a.kind = 'analyze'`,
      [jobId],
    );
    return timesRow.parse(rows[0]);
  } finally {
    await client.end();
  }
}

async function report(measured: Hops[]): Promise<DispatchSummary> {
  const took = (step: (typeof STEPS)[number], hops: Hops) =>
    hops[step.to] - (step.from ? hops[step.from] : 0);
  const hops = STEPS.map((step) => ({ name: step.name, ms: median(measured.map((m) => took(step, m))) }));
  const summary: DispatchSummary = {
    runs: measured.length,
    ffprobe_ms: median(measured.map((m) => m.ffprobe)),
    encode_ms: median(measured.map((m) => m.encode)),
    hops_ms: Object.fromEntries(hops.map(({ name, ms }) => [name, ms])),
  };
  console.log(
    `\nFrom POST /jobs, medians of ${measured.length} jobs on ${cpus().length} cores (${cpus()[0]?.model.trim()})\n`,
  );
  for (const { name, ms } of hops) {
    const share = Math.round((100 * ms) / summary.encode_ms);
    console.log(`  ${name.padEnd(34)} ${ms.toFixed(0).padStart(6)} ms ${String(share).padStart(4)} %`);
  }
  console.log(
    `\n  to the first ffprobe ${summary.ffprobe_ms.toFixed(0)} ms, to the first encode ${summary.encode_ms.toFixed(0)} ms`,
  );
  const results = path.join(import.meta.dirname, 'results');
  await mkdir(results, { recursive: true });
  await writeFile(path.join(results, 'dispatch.json'), `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}
