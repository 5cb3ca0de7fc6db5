import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planJob } from '@millrace/shared/media/plan.ts';
import type { Profile, Rung } from '@millrace/shared/media/profile.ts';
import { initName } from '@millrace/shared/task/outputs.ts';
import type { StoryboardSpec } from '@millrace/shared/task/task-spec.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jpegSize } from '../../media/jpeg-size.ts';
import { fakeAttempt } from '../../testing/fake-attempt.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { type FinishedJob, runJob, SMALL_PROFILE } from '../../testing/run-job.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';
import { storyboard } from './storyboard.ts';

let storage: FakeStorage;
let env: TestTools;
let steps: string;
beforeAll(async () => {
  storage = await startFakeStorage();
  env = await createTestTools();
  steps = join(env.scratch, 'steps.mp4');
  // Every two seconds 30 levels lighter, from 20 on; something moves, so that there are pictures between key pictures.
  const luma = 'if(lt(Y,6)*lt(mod(X+N,20),4),235,20+30*floor(T/2))';
  const source = `color=gray:size=160x90:rate=25:duration=11.4,geq=lum='${luma}':cb=128:cr=128`;
  const argv = ['-f', 'lavfi', '-i', source, '-c:v', 'libx264', '-preset', 'ultrafast'];
  await execa('ffmpeg', ['-nostdin', '-v', 'error', ...argv, '-pix_fmt', 'yuv420p', steps]);
});
afterAll(async () => {
  await env.close();
  await storage.close();
});

const LEVELS = [20, 50, 80, 110, 140, 170];
const EMPTY = 16;

/** A job of nothing but one rendition and what is drawn from it. */
function profileOf(rung: Partial<Rung>, rest: Partial<Profile> = {}): Profile {
  const renditions: Rung[] = [{ height: 64, codec: 'h264', ...rung }];
  return { ...SMALL_PROFILE, renditions, audio_tracks: 'none', packaging: ['hls'], ...rest };
}

function specOf(job: FinishedJob, profile: Profile): StoryboardSpec {
  const outcome = planJob({ ...job, profile, fleet: { slots: 2 }, sidecars: [] });
  const spec = outcome.planned ? outcome.tasks.find(({ name }) => name === 'storyboard')?.spec : null;
  if (spec?.kind !== 'storyboard') throw new Error('no storyboard was planned');
  return spec;
}

/** Draws the storyboard of a job once more, in another shape. */
async function draw(job: FinishedJob, spec: StoryboardSpec) {
  const found = job.tracks.get(spec.rendition.name);
  if (!found) throw new Error('no track');
  const segments = [...found.segments].sort(([a], [b]) => a - b);
  const inputs = new Map([
    [initName(spec.rendition.name), found.initKey],
    ...segments.map(([number, { key }]): [string, string] => [`${spec.rendition.name}/${number}.m4s`, key]),
  ]);
  const taskId = `storyboard-${storage.objects.size}`;
  const attempt = await fakeAttempt(storage, env.scratch, spec, { taskId, inputs });
  const result = await storyboard(attempt.ctx, env.tools);
  const files = new Map(
    result.files.map(({ name }) => [name, storage.objects.get(attempt.key(name)) ?? Buffer.alloc(0)]),
  );
  return { result, files };
}

/** Luma in the middle of each picture that the index names, in limited range, rounded to the nearest known one. */
async function lookUp(files: ReadonlyMap<string, Buffer>) {
  const pictures = [];
  const index = files.get('storyboard.vtt')?.toString() ?? '';
  for (const [, from, to, name, ...area] of index.matchAll(
    /(\S+) --> (\S+)\n(storyboard-\d{3}\.jpg)#xywh=(\d+),(\d+),(\d+),(\d+)/g,
  )) {
    const [x = 0, y = 0, w = 0, h = 0] = area.map(Number);
    const level = await levelAt(files.get(name ?? ''), x + w / 2, y + h / 2);
    pictures.push({ from, to, level });
  }
  return pictures;
}

async function levelAt(jpeg: Buffer | undefined, x: number, y: number): Promise<number> {
  const file = join(env.scratch, 'sheet.jpg');
  await writeFile(file, jpeg ?? '');
  const crop = `crop=2:2:${Math.round(x)}:${Math.round(y)},format=gray`;
  const argv = ['-nostdin', '-v', 'error', '-i', file, '-vf', crop, '-f', 'rawvideo', '-'];
  const { stdout } = await execa('ffmpeg', argv, { encoding: 'buffer' });
  const limited = 16 + ((stdout[0] ?? 0) * 219) / 255;
  return [EMPTY, ...LEVELS].reduce((a, b) => (Math.abs(b - limited) < Math.abs(a - limited) ? b : a));
}

const CODECS: Partial<Rung>[] = [{ codec: 'h264' }, { codec: 'hevc' }, { codec: 'vp9' }, { codec: 'av1' }];

describe('a film that changes every two seconds', () => {
  test.each(CODECS)('drawn from $codec', async (rung) => {
    const job = await runJob(storage, env, steps, profileOf(rung));
    const files = new Map(
      [...job.files].map(([name, key]) => [name, storage.objects.get(key) ?? Buffer.alloc(0)]),
    );
    expect(job.storyboard?.pictures).toBe(6);
    expect(await lookUp(files)).toEqual([
      { from: '00:00:00.000', to: '00:00:02.000', level: 20 },
      { from: '00:00:02.000', to: '00:00:04.000', level: 50 },
      { from: '00:00:04.000', to: '00:00:06.000', level: 80 },
      { from: '00:00:06.000', to: '00:00:08.000', level: 110 },
      { from: '00:00:08.000', to: '00:00:10.000', level: 140 },
      { from: '00:00:10.000', to: '00:00:11.400', level: 170 },
    ]);
  });

  test('on several sheets, the last of them not full', async () => {
    const profile = profileOf({});
    const job = await runJob(storage, env, steps, profile);
    const { result, files } = await draw(job, { ...specOf(job, profile), columns: 2, rows: 2 });
    expect(result.files.map(({ name }) => name)).toEqual([
      'storyboard-000.jpg',
      'storyboard-001.jpg',
      'storyboard.vtt',
    ]);
    for (const { name, sizeBytes } of result.files) expect(files.get(name)?.length).toBe(sizeBytes);
    expect((await lookUp(files)).map(({ level }) => level)).toEqual(LEVELS);
    const { width = 0, height = 0 } = jpegSize(files.get('storyboard-001.jpg') ?? Buffer.alloc(0)) ?? {};
    expect(await levelAt(files.get('storyboard-001.jpg'), width / 4, (3 * height) / 4)).toBe(EMPTY);
  });

  test('of every second GOP', async () => {
    const profile = profileOf({});
    const job = await runJob(storage, env, steps, profile);
    const { files } = await draw(job, { ...specOf(job, profile), everyGops: 2 });
    expect(await lookUp(files)).toEqual([
      { from: '00:00:00.000', to: '00:00:04.000', level: 20 },
      { from: '00:00:04.000', to: '00:00:08.000', level: 80 },
      { from: '00:00:08.000', to: '00:00:11.400', level: 140 },
    ]);
  });

  test('drawn from a rendition of every second frame', async () => {
    const profile = profileOf({ max_frame_rate: 13 });
    const job = await runJob(storage, env, steps, profile);
    expect(job.plan.renditions[0]?.frameStep).toBe(2);
    const files = new Map(
      [...job.files].map(([name, key]) => [name, storage.objects.get(key) ?? Buffer.alloc(0)]),
    );
    const pictures = await lookUp(files);
    expect(pictures.map(({ level }) => level)).toEqual(LEVELS);
    expect(pictures.at(-1)).toMatchObject({
      from: '00:00:10.000',
      to: expect.stringMatching(/^00:00:11\.4[04]0$/),
    });
  });

  test('cut to less than one GOP', async () => {
    const job = await runJob(storage, env, steps, profileOf({}, { start_seconds: 6.4, end_seconds: 6.88 }));
    const files = new Map(
      [...job.files].map(([name, key]) => [name, storage.objects.get(key) ?? Buffer.alloc(0)]),
    );
    expect(await lookUp(files)).toEqual([{ from: '00:00:00.000', to: '00:00:00.480', level: 110 }]);
  });

  test('whose pictures do not lie where they should', async () => {
    const profile = profileOf({});
    const job = await runJob(storage, env, steps, profile);
    const spec = specOf(job, profile);
    await expect(draw(job, { ...spec, gopFrames: 40 })).rejects.toMatchObject({
      code: 'verification_failed',
    });
    const slower = { ...spec, frameRate: { num: 24, den: 1 } };
    await expect(draw(job, slower)).rejects.toMatchObject({ code: 'verification_failed' });
  });
});
