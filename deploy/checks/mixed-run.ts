import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { JobService } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { makeClip, testPicture } from '../../e2e/media.ts';
import { startTestStack, type TestStack } from '../../e2e/test-stack.ts';
import { submit } from '../../e2e/transcode.ts';
import { createGrpcClient } from '../../worker-node/src/testing/grpc-client.ts';
import { unanswered } from '../prometheus/live/unanswered.ts';
import { type StackWatch, watchStack } from '../prometheus/live/watch-stack.ts';
import { needProgram } from './need-program.ts';
import { roleUse } from './role-use.ts';

/*
 * node deploy/checks/mixed-run.ts --minutes 30
 *
 * A mixed load on a local stack under a real Prometheus with our rules as they are. Prints whether every dashboard's query
 * was answered, which alerts fired and what each role took of memory and CPU; then kills a worker and stops the queue, and
 * prints which alerts fire now. The verdict is its exit code.
 */

const WORKERS = 2;
const BETWEEN_JOBS_MS = 12_000;
const BETWEEN_READS_MS = 500;
/** Nothing piles up: a machine that is slower than the load gets less of it. */
const MOST_ACTIVE = 3;
/** Longer than the slowest of these alerts takes: five minutes are looked back over, then it has to last. */
const FAULT_MINUTES = 12;
const WANTED = ['MillraceQueueUnreachable', 'MillraceTargetDown millrace-worker', 'MillraceWorkersMissing'];

/** What jobs ask for, in turn. */
const PROFILES: readonly unknown[] = [
  'default',
  { renditions: [{ height: 360 }, { height: 240 }], reuse: false },
  { renditions: [{ height: 240, codec: 'hevc' }, { height: 240 }], reuse: false },
  { renditions: [{ height: 360 }], packaging: ['hls', 'dash'], reuse: false },
  'audio-only',
];

interface Load {
  submitted: number;
  reads: number;
  refused: number;
}

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, factor: { type: 'string', default: '1' } },
});
const minutes = Number(values.minutes);
const factor = Number(values.factor);
if (!(minutes > 0) || !(factor >= 1)) {
  console.error('usage: mixed-run.ts [--minutes 30] [--factor 1]   (rules run so many times as fast)');
  process.exit(2);
}
if (!needProgram('prometheus', 'prometheus')) process.exit(2);
process.exitCode = (await mixedRun()) ? 0 : 1;

async function mixedRun(): Promise<boolean> {
  const t = await startTestStack({ workers: WORKERS });
  let watch: StackWatch | null = null;
  try {
    watch = await watchStack(t.stack, { factor, scrapeSeconds: 5 });
    const startedAt = Date.now();
    const seconds = () => Math.ceil((Date.now() - startedAt) / 1_000);
    say(`${minutes} minutes of mixed load on ${WORKERS} workers; rules run ${factor} times as fast`);
    const load = await run(t, startedAt + minutes * 60_000);
    await settled(t);
    say(
      `${load.submitted} jobs, ${load.reads} reads, ${load.refused} refused; jobs: ${await jobsByStatus(t)}`,
    );

    const missing = await unanswered(watch.prom, seconds());
    say(
      missing.length === 0
        ? 'every panel, recording rule and metric of an alert was answered'
        : 'NOT answered:',
    );
    for (const question of missing) say(`  ${question}`);
    const unwanted = await watch.prom.fired(seconds());
    say(`alerts that fired: ${unwanted.join(', ') || 'none'}`);
    for (const line of await roleUse(watch.prom, t.stack, seconds())) say(line);

    const faultAt = Date.now();
    await breakThings(t);
    const fired = await alertsOfFault(watch, faultAt);
    const silent = WANTED.filter((alert) => !fired.includes(alert));
    say(`alerts that fired then: ${fired.join(', ') || 'none'}`);
    if (silent.length > 0) say(`NOT fired: ${silent.join(', ')}`);
    return missing.length === 0 && unwanted.length === 0 && silent.length === 0;
  } finally {
    await watch?.stop();
    await t.stop();
  }
}

/** Jobs of all kinds, one in ten of which fails, and readers beside them. */
async function run(t: TestStack, until: number): Promise<Load> {
  const load: Load = { submitted: 0, reads: 0, refused: 0 };
  await Promise.all([submitJobs(t, until, load), readAlong(t, until, load)]);
  return load;
}

async function submitJobs(t: TestStack, until: number, load: Load): Promise<void> {
  const clips = await Promise.all([
    makeClip(path.join(t.folder, 'short.mp4'), testPicture({ seconds: 6, size: '640x360' })),
    makeClip(path.join(t.folder, 'longer.mp4'), testPicture({ seconds: 25, size: '640x360' })),
  ]);
  const broken = path.join(t.folder, 'broken.mp4');
  await writeFile(
    broken,
    Buffer.concat([Buffer.from('\0\0\0\x18ftypisom\0\0\0\0'), Buffer.alloc(50_000, 7)]),
  );
  while (Date.now() < until) {
    const n = load.submitted;
    const file = n % 10 === 9 ? broken : (clips[n % clips.length] ?? broken);
    if ((await activeJobs(t)) < MOST_ACTIVE) {
      await submit(t, file, PROFILES[n % PROFILES.length]);
      load.submitted += 1;
    }
    await sleep(Math.min(BETWEEN_JOBS_MS, Math.max(0, until - Date.now())));
  }
}

async function readAlong(t: TestStack, until: number, load: Load): Promise<void> {
  const query = '{ systemMetrics { queueDepth } jobs(limit: 5) { id status } }';
  const grpc = createGrpcClient(t.stack.grpcAddress);
  while (Date.now() < until) {
    await grpc.call(JobService.method.listJobs);
    const asked = [
      fetch(`${t.stack.apiUrl}/jobs?limit=10`),
      fetch(`${t.stack.graphqlUrl}/query`, {
        ...{
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query }),
        },
      }),
    ];
    for (const response of await Promise.all(asked)) {
      await response.arrayBuffer();
      load.reads += 1;
      if (!response.ok) load.refused += 1;
    }
    await sleep(BETWEEN_READS_MS);
  }
  grpc.close();
}

/** Much to do, one worker less, and no queue. */
async function breakThings(t: TestStack): Promise<void> {
  const clip = await makeClip(
    path.join(t.folder, 'long.mp4'),
    testPicture({ seconds: 120, size: '854x480' }),
  );
  const slow = {
    renditions: [{ height: 480 }, { height: 360 }, { height: 240 }],
    preset: 'slow',
    reuse: false,
  };
  for (let job = 0; job < Math.ceil(24 / factor); job += 1) await submit(t, clip, slow);
  await t.stack.workers[1]?.kill();
  await t.stack.queue.kill();
  say('a worker was killed, and the queue stopped');
}

async function alertsOfFault(watch: StackWatch, faultAt: number): Promise<string[]> {
  const until = faultAt + (FAULT_MINUTES * 60_000) / factor + 60_000;
  for (;;) {
    const fired = await watch.prom.fired(Math.ceil((Date.now() - faultAt) / 1_000));
    if (WANTED.every((alert) => fired.includes(alert)) || Date.now() > until) return fired;
    await sleep(5_000);
  }
}

async function settled(t: TestStack): Promise<void> {
  for (let tries = 0; tries < 60 && (await activeJobs(t)) > 0; tries += 1) await sleep(2_000);
}

async function activeJobs(t: TestStack): Promise<number> {
  const [row] = await t.rows<{ n: number }>(
    `select count(*)::int as n from jobs where status in ('queued', 'processing')`,
  );
  return row?.n ?? 0;
}

async function jobsByStatus(t: TestStack): Promise<string> {
  const rows = await t.rows<{ status: string; n: number }>(
    'select status, count(*)::int as n from jobs group by status order by status',
  );
  return rows.map(({ status, n }) => `${n} ${status}`).join(', ');
}

function say(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`);
}
