import type { TaskSpec } from '@millrace/shared/task/task-spec.ts';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { countAttempt, type EndedAttempt } from './count-attempt.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

/** What is counted of a chunk of so many frames at 25 a second. */
async function counted(attempt: Partial<EndedAttempt>): Promise<string> {
  const registry = new Registry();
  const spec: Pick<Extract<TaskSpec, { kind: 'encode-video' }>, 'kind' | 'frameRate' | 'renditions'> = {
    kind: 'encode-video',
    frameRate: { num: 25, den: 1 },
    renditions: [
      {
        ...{ name: '720p', codec: 'hevc', width: 1280, height: 720, crf: 23, bitrateKbps: null },
        ...{ maxBitrateKbps: 3_800, frameStep: 1 },
      },
    ],
  };
  countAttempt(createWorkerMetrics(registry), {
    spec: spec as TaskSpec,
    end: { outcome: 'completed', result: { kind: 'encode-video', frames: 400, segments: 4, encoder: 'x' } },
    ...{ told: 'accepted', seconds: 8, cpuSeconds: 12.5, isWhole: true },
    ...attempt,
  });
  return registry.metrics();
}

test('a chunk tells its film, its time and its CPU by codec: 16 seconds of film in 8 is factor two', async () => {
  const page = await counted({});
  expect(page).toContain('encoded_media_seconds_total{codec="hevc"} 16');
  expect(page).toContain('encode_seconds_total{codec="hevc"} 8');
  expect(page).toContain('task_cpu_seconds_sum{kind="encode-video"} 12.5');
});

test('what is not a whole chunk that counts says nothing of speed, but what it cost', async () => {
  for (const attempt of [
    { isWhole: false },
    { told: 'lease_lost' },
    { end: { outcome: 'failed', code: 'encoder_failed', message: '' } },
  ] as const) {
    const page = await counted(attempt);
    expect(page).not.toContain('encode_seconds_total{');
    expect(page).toContain('task_cpu_seconds_sum{kind="encode-video"} 12.5');
  }
});
