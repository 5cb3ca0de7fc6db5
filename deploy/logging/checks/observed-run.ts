import { mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { logTail } from '@millrace/local/log-tail.ts';
import { removePostgresData } from '@millrace/local/postgres-home.ts';
import { localBucketKeys } from '@millrace/local/stack/edge.ts';
import { type Stack, startStack } from '@millrace/local/stack.ts';
import { waitUntil } from '@millrace/local/wait-until.ts';
import pg from 'pg';
import { z } from 'zod';
import { makeClip, testPicture } from '../../../e2e/media.ts';
import { finish } from '../../../e2e/transcode.ts';
import { startWebhookReceiver } from '../../../edge/src/testing/webhook-receiver.ts';
import { createApi, type Job } from '../../../scripts/demo/api.ts';
import { uploadFile } from '../../../scripts/demo/upload-file.ts';
import { type Collector, startCollector } from './collector.ts';

const HEADERS = { authorization: 'Bearer collector-secret-0123456789' };

/** What every part of the stack says of a collector that is gone. */
export const EXPORT_FAILED = 'traces could not be exported';

/** A run of the whole stack whose traces and logs are looked at afterwards. */
export interface ObservedRun {
  collector: Collector;
  /** Sampled, and completed. */
  completed: Job;
  /** Its source is broken. */
  failed: Job;
  /** Its caller's trace is not sampled. */
  unsampled: { job: Job; traceId: string };
  /** Ran when the collector was gone. */
  unheard: Job;
  /** What processes wrote, by the name of the log. */
  logs: Map<string, string>;
  /** What is kept of ffmpeg's logs. */
  ffmpegLogs: string[];
  /** Everything that opens something, by what it is. */
  secrets: Map<string, string>;
}

export async function observeRun(): Promise<ObservedRun> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-observed-'));
  const collector = await startCollector(HEADERS);
  const receiver = await startWebhookReceiver();
  const operatorToken = 'operator-token-of-the-observed-run-0123456789';
  const otlp = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${encodeURIComponent(HEADERS.authorization)}`,
  };
  const stack = await startStack({
    stateDir: path.join(folder, 'state'),
    workers: 1,
    whenFleetEnds: 'report',
    variables: { edge: { ...otlp, OPERATOR_TOKEN: operatorToken }, bridge: otlp, worker: otlp },
  }).catch(async (error) => {
    await collector.close();
    await receiver.close();
    await removePostgresData(path.join(folder, 'state/postgres')).catch(() => {});
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  const secrets = new Map<string, string>([
    ...Object.entries(stack.secrets),
    ['the key of the bucket', localBucketKeys.secretAccessKey],
    ['the operator’s token', operatorToken],
    ['what the collector wants', HEADERS.authorization],
    // The password alone is a word that stands everywhere.
    ['the password of the database', /:[^:/@]+@[^/]+/.exec(stack.databaseUrl)?.[0] ?? ''],
  ]);
  try {
    const clip = await makeClip(path.join(folder, 'clip.mp4'), testPicture({ seconds: 6, size: '320x240' }));
    const broken = await cutInHalf(clip, path.join(folder, 'broken.mp4'));
    const run = (file: string, headers: Record<string, string> = {}) =>
      transcode(stack, file, { authorization: `Bearer ${operatorToken}`, ...headers }, secrets);

    const hook = `${receiver.url}/path-of-the-webhook`;
    secrets.set('the path of a webhook', 'path-of-the-webhook');
    secrets.set('the secret of a webhook', await subscribe(stack, hook, operatorToken));
    const completed = await run(clip);
    await play(completed, secrets);
    const failed = await run(broken);
    const traceId = 'c0'.repeat(16);
    const unsampled = {
      job: await run(clip, { traceparent: `00-${traceId}-${'d1'.repeat(8)}-00` }),
      traceId,
    };
    await allSpansOf(collector, completed);
    await collector.close();
    const unheard = await run(clip);
    await untilAllTell(stack.dir.logs);
    const ffmpegLogs = await keptLogs(stack.databaseUrl);
    await stack.stop();
    const logs = await readLogs(stack.dir.logs);
    return { collector, completed, failed, unsampled, unheard, logs, ffmpegLogs, secrets };
  } catch (cause) {
    const tails = [...stack.workers, stack.edge].map(({ logFile }) => logTail(logFile));
    throw new Error(['the run did not go well', ...(await Promise.all(tails))].join('\n'), { cause });
  } finally {
    await stack.stop();
    await collector.close();
    await receiver.close();
    await removePostgresData(stack.dir.postgres).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  }
}

/** A film that ends before its index: nobody can read it. */
async function cutInHalf(file: string, into: string): Promise<string> {
  const bytes = await readFile(file);
  const half = await open(into, 'w');
  try {
    await half.write(bytes.subarray(0, bytes.length >> 1));
  } finally {
    await half.close();
  }
  return into;
}

async function transcode(
  stack: Stack,
  file: string,
  headers: Record<string, string>,
  secrets: Map<string, string>,
): Promise<Job> {
  const api = createApi(stack.apiUrl, AbortSignal.timeout(240_000));
  const { size: sizeBytes } = await stat(file);
  const upload = await api.beginUpload({ name: path.basename(file), contentType: 'video/mp4', sizeBytes });
  const signature = new URL(upload.upload_url).searchParams.get('X-Amz-Signature');
  secrets.set(`the signature of ${upload.input_key}`, signature ?? '');
  await uploadFile(file, sizeBytes, upload, () => {}, AbortSignal.timeout(60_000));
  const answer = await fetch(`${stack.apiUrl}/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      ...{ input_key: upload.input_key },
      profile: { renditions: [{ height: 240 }], reuse: false },
    }),
  });
  const text = await answer.text();
  if (answer.status !== 201) throw new Error(`the job was refused: ${text}`);
  return finish(api, z.object({ id: z.string() }).parse(JSON.parse(text)).id);
}

/** Resolves with the secret. In a trace that is not sampled: it belongs to no job. */
async function subscribe(stack: Stack, url: string, operatorToken: string): Promise<string> {
  const answer = await fetch(`${stack.apiUrl}/webhooks`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${operatorToken}`,
      traceparent: `00-${'e2'.repeat(16)}-${'f3'.repeat(8)}-00`,
    },
    body: JSON.stringify({ url, events: ['job.completed'] }),
  });
  const text = await answer.text();
  if (answer.status !== 201) throw new Error(`the webhook was refused: ${text}`);
  return z.object({ secret: z.string() }).parse(JSON.parse(text)).secret;
}

/** Loads what a player loads first. */
async function play(job: Job, secrets: Map<string, string>): Promise<void> {
  const url = job.hls_url ?? '';
  const [token = ''] = /[0-9a-z]+\.[0-9a-z]+\.[\w-]{43}/.exec(new URL(url).pathname) ?? [];
  secrets.set('a playback token', token);
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the job cannot be played: ${answer.status}`);
  await answer.text();
}

/** Until nothing more comes of the job: its publication is the last. */
async function allSpansOf(collector: Collector, job: Job): Promise<void> {
  const isIn = () =>
    collector.spans.some(
      ({ name, attributes }) => name === 'publish' && attributes['millrace.job_id'] === job.id,
    );
  for (let before = -1, tries = 0; tries < 40; tries += 1) {
    if (isIn() && collector.spans.length === before) return;
    before = collector.spans.length;
    // Longer than any part of the stack keeps spans to itself.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
}

/** Until every part has given up on the collector that is gone: an export is tried for some seconds. */
async function untilAllTell(folder: string): Promise<void> {
  const haveTold = async () => {
    const logs = await readLogs(folder);
    return ['edge.log', 'bridge.log', 'worker-1.log'].every((name) =>
      logs.get(name)?.includes(EXPORT_FAILED),
    );
  };
  await waitUntil(haveTold, 30_000, 500);
}

async function keptLogs(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(`select concat_ws(' ', log_tail, attempts::text) as text from tasks`);
    return z
      .array(z.object({ text: z.string() }))
      .parse(rows)
      .map(({ text }) => text);
  } finally {
    await client.end();
  }
}

async function readLogs(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log'));
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')] as const),
    ),
  );
}
