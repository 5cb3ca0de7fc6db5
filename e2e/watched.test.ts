import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { JobService } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needProgram } from '../deploy/checks/need-program.ts';
import { waitUntil } from '../deploy/local/wait-until.ts';
import { unanswered } from '../deploy/prometheus/live/unanswered.ts';
import { type StackWatch, watchStack } from '../deploy/prometheus/live/watch-stack.ts';
import { createGrpcClient } from '../worker-node/src/testing/grpc-client.ts';
import { makeClip, testPicture } from './media.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { finish, submit } from './transcode.ts';

/*
 * A real Prometheus watches a real run. Its rules are those of deploy/prometheus with their time running ten times as
 * fast: what is to last three minutes lasts 18 seconds, and what is looked back over five minutes is half a minute. Figures
 * that are seconds themselves, such as the age of the queue, are what they are.
 */
const FACTOR = 10;
/** They tell how fast this machine is, which others may be busy on. */
const OF_SPEED = /^Millrace(ApiSlow|LatencyBudget|SlowFirstPlay)/;
const ANEW = { renditions: [{ height: 360 }, { height: 240 }], reuse: false };
const SLOW = { renditions: [{ height: 480 }, { height: 240 }], preset: 'slow', reuse: false };

let t: TestStack;
let watch: StackWatch;
let startedAt: number;

const seconds = () => Math.ceil((Date.now() - startedAt) / 1_000);

describe.runIf(needProgram('prometheus', 'prometheus'))('under Prometheus', () => {
  beforeAll(async () => {
    t = await startTestStack({ workers: 2 });
    watch = await watchStack(t.stack, { factor: FACTOR, scrapeSeconds: 5 });
    startedAt = Date.now();
  });
  afterAll(async () => {
    await watch?.stop();
    await t?.stop();
  });

  test('a healthy run: every panel, every recorded name and every metric of an alert is told, and no alert fires', async () => {
    const clip = await makeClip(
      path.join(t.folder, 'clip.mp4'),
      testPicture({ seconds: 20, size: '640x360' }),
    );
    const broken = path.join(t.folder, 'broken.mp4');
    await writeFile(
      broken,
      Buffer.concat([Buffer.from('\0\0\0\x18ftypisom\0\0\0\0'), Buffer.alloc(50_000, 7)]),
    );
    expect(await waitUntil(() => watch.prom.allTargetsUp(), 30_000, 500)).toBe(true);

    const { id } = await submit(t, broken);
    expect((await finish(t.api, id)).status).toBe('failed');
    // Rates need a series to grow while it is watched: a few jobs, until everything is told.
    let missing: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      expect((await finish(t.api, (await submit(t, clip, ANEW)).id)).status).toBe('completed');
      await callEveryDoor();
      missing = [];
      const told = async () => {
        missing = await unanswered(watch.prom, seconds());
        return missing.length === 0;
      };
      if (await waitUntil(told, 6_000, 1_000)) break;
    }
    expect(missing).toEqual([]);
    expect((await watch.prom.fired(seconds())).filter((alert) => !OF_SPEED.test(alert))).toEqual([]);
  }, 180_000);

  test('with a worker killed and the queue stopped, the alerts that say so fire', async () => {
    const clip = await makeClip(
      path.join(t.folder, 'long.mp4'),
      testPicture({ seconds: 60, size: '854x480' }),
    );
    for (let job = 0; job < 4; job += 1) await submit(t, clip, SLOW);
    await t.stack.workers[1]?.kill();
    await t.stack.queue.kill();
    const wanted = [
      'MillraceQueueUnreachable',
      'MillraceTargetDown millrace-worker',
      'MillraceWorkersMissing',
    ];
    let fired: string[] = [];
    const haveFired = async () => {
      fired = (await watch.prom.fired(seconds())).filter((alert) => !OF_SPEED.test(alert));
      return wanted.every((alert) => fired.includes(alert));
    };
    await waitUntil(haveFired, 120_000, 1_000);
    expect(fired).toEqual(expect.arrayContaining(wanted));
    expect(fired).not.toContain('MillraceEdgeDown');
    expect(fired).not.toContain('MillraceNoWorkers');
  }, 180_000);
});

async function callEveryDoor(): Promise<void> {
  const { apiUrl, grpcAddress } = t.stack;
  await fetch(`${apiUrl}/jobs?limit=0`);
  const query = '{ systemMetrics { queueDepth } }';
  await fetch(`${apiUrl}/graphql`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) },
  });
  const grpc = createGrpcClient(grpcAddress);
  try {
    await grpc.call(JobService.method.listJobs);
  } finally {
    grpc.close();
  }
}
