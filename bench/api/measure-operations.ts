import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../../deploy/local/stack.ts';
import { createApi } from '../../scripts/demo/api.ts';
import { uploadFile } from '../../scripts/demo/upload-file.ts';
import { watchJob } from '../../scripts/demo/watch-job.ts';
import { comeToRest } from './come-to-rest.ts';
import { chunksOf } from './film-hour.ts';
import { makeFilm } from './make-film.ts';
import { countOperations, type Operations, type Traffic } from './operations.ts';

/** Both are cut into full chunks by two slots; their difference is three of them. */
const SHORT_SECONDS = 66;
const LONG_SECONDS = 114;
const SLOTS = 2;
const IDLE_MS = 60_000;
const TIMEOUT_MS = 240_000;

export interface OperationFigures {
  /** By two films of different length, scaled by the chunks of an hour. */
  per_video_hour: Operations;
  chunks_of_an_hour: number;
  per_idle_hour: Operations;
}

/** A job that was done on the way, and the key of its source: confirmed, and to be used again. */
export interface DoneJob {
  jobId: string;
  inputKey: string;
}

/** Transcodes two films, then rests; counts both. */
export async function measureOperations(
  stack: Stack,
  traffic: Traffic,
  folder: string,
): Promise<{ figures: OperationFigures; done: DoneJob }> {
  const short = await countFilm(stack, traffic, path.join(folder, 'short.mp4'), SHORT_SECONDS);
  const long = await countFilm(stack, traffic, path.join(folder, 'long.mp4'), LONG_SECONDS);
  const [shortCut, longCut] = [
    await chunksOf(stack.databaseUrl, short.done.jobId, SLOTS),
    await chunksOf(stack.databaseUrl, long.done.jobId, SLOTS),
  ];
  const more = (longCut.chunksOfAnHour - longCut.chunks) / (longCut.chunks - shortCut.chunks);
  await comeToRest(stack.redisUrl);
  const idle = await countOperations(stack, traffic, () => sleep(IDLE_MS));
  return {
    done: short.done,
    figures: {
      per_video_hour: combine(
        long.operations,
        short.operations,
        // What hangs on the moment and not on the film may come out larger for the shorter one.
        (ofLong, ofShort) => ofLong + more * Math.max(0, ofLong - ofShort),
      ),
      chunks_of_an_hour: longCut.chunksOfAnHour,
      per_idle_hour: combine(idle, idle, (seen) => (seen * 3_600_000) / IDLE_MS),
    },
  };
}

async function countFilm(
  stack: Stack,
  traffic: Traffic,
  file: string,
  seconds: number,
): Promise<{ operations: Operations; done: DoneJob }> {
  await makeFilm(file, seconds);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const api = createApi(stack.apiUrl, signal);
  const { size: sizeBytes } = await stat(file);
  let done: DoneJob | null = null;
  const operations = await countOperations(stack, traffic, async () => {
    const upload = await api.beginUpload({ name: 'film.mp4', contentType: 'video/mp4', sizeBytes });
    await uploadFile(file, sizeBytes, upload, () => {}, signal);
    await confirm(stack.apiUrl, upload.input_key, signal);
    const { id } = await api.createJob(upload.input_key);
    const job = await watchJob(api, id, () => {}, signal);
    if (job.status !== 'completed') throw new Error(`the job ${job.status}: ${job.error?.message}`);
    done = { jobId: id, inputKey: upload.input_key };
  });
  if (!done) throw new Error('the film was not made');
  return { operations, done };
}

/** The upload is named in its key: `uploads/{project}/{upload}/{name}`. */
async function confirm(apiUrl: string, inputKey: string, signal: AbortSignal): Promise<void> {
  const path = `/uploads/${inputKey.split('/')[2]}/complete`;
  const response = await fetch(apiUrl + path, { method: 'POST', signal });
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
}

function combine(a: Operations, b: Operations, of: (a: number, b: number) => number): Operations {
  return {
    sql_statements: Math.round(of(a.sql_statements, b.sql_statements)),
    redis_commands: Math.round(of(a.redis_commands, b.redis_commands)),
    queue_pulls: Math.round(of(a.queue_pulls, b.queue_pulls)),
    queue_acks: Math.round(of(a.queue_acks, b.queue_acks)),
    nudges: Math.round(of(a.nudges, b.nudges)),
    fleet_calls: Math.round(of(a.fleet_calls, b.fleet_calls)),
    storage_puts: Math.round(of(a.storage_puts, b.storage_puts)),
    storage_gets: Math.round(of(a.storage_gets, b.storage_gets)),
    presigned_urls: Math.round(of(a.presigned_urls, b.presigned_urls)),
  };
}
