import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planJob } from '@millrace/shared/media/plan.ts';
import type { Profile, Rung } from '@millrace/shared/media/profile.ts';
import { initName } from '@millrace/shared/task/outputs.ts';
import type { MeasureQualitySpec } from '@millrace/shared/task/task-spec.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filterGraph } from '../../media/argv/input.ts';
import { measureQualityArgv } from '../../media/argv/measure-quality.ts';
import { ladderGraph } from '../../media/argv/video-filter.ts';
import { videoInput } from '../../media/argv/video-input.ts';
import { pictureFigures } from '../../media/picture-figures.ts';
import { runFfmpeg } from '../../media/run-ffmpeg.ts';
import { clip } from '../../testing/clips.ts';
import { fakeAttempt } from '../../testing/fake-attempt.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { type FinishedJob, runJob, SMALL_PROFILE } from '../../testing/run-job.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';
import { measureQuality } from './measure-quality.ts';

let storage: FakeStorage;
let env: TestTools;
beforeAll(async () => {
  storage = await startFakeStorage();
  env = await createTestTools();
});
afterAll(async () => {
  await env.close();
  await storage.close();
});

/** A job of nothing but these renditions, measured. */
function profileOf(renditions: Rung[], rest: Partial<Profile> = {}): Profile {
  const only = {
    audio_tracks: 'none',
    packaging: ['hls'],
    storyboard: false,
    measure_quality: true,
  } as const;
  return { ...SMALL_PROFILE, ...only, packaging: ['hls'], renditions, ...rest };
}

const H264 = { height: 120, codec: 'h264' } as const;

function specsOf(job: FinishedJob, profile: Profile): MeasureQualitySpec[] {
  const outcome = planJob({ ...job, profile, fleet: { slots: 2 }, sidecars: [] });
  if (!outcome.planned) throw new Error(outcome.message);
  return outcome.tasks.flatMap(({ spec }) => (spec.kind === 'measure-quality' ? [spec] : []));
}

test('the worse the less the pictures may cost', async () => {
  const crfs = [0, 23, 45];
  // Smaller only in name: nothing is scaled, so what is compared differs by the encoder alone.
  const profile = profileOf(crfs.map((crf) => ({ ...H264, crf, max_bitrate_kbps: 100_000 })));
  const job = await runJob(storage, env, await clip('ntsc'), profile);
  const [first] = job.quality;
  const [best, middling, bad] = first?.renditions ?? [];
  expect(best?.ssim).toBeGreaterThan(0.999);
  expect(best?.ssim).toBeGreaterThan(middling?.ssim ?? 1);
  expect(middling?.ssim).toBeGreaterThan(bad?.ssim ?? 1);
  expect(best?.psnr).toBeGreaterThan((middling?.psnr ?? 100) + 3);
  expect(middling?.psnr).toBeGreaterThan((bad?.psnr ?? 100) + 3);
  expect(bad?.ssim).toBeLessThan(0.98);
  for (const sample of job.quality) for (const { frames } of sample.renditions) expect(frames).toBe(60);
  expect(job.quality.length).toBeGreaterThan(1);
});

test('identical pictures are as good as can be', async () => {
  const profile = profileOf([{ ...H264, crf: 30 }], { end_seconds: 2 });
  const job = await runJob(storage, env, await clip('ntsc'), profile);
  const [spec] = specsOf(job, profile);
  if (!spec) throw new Error('nothing was planned');
  const [source, lossless] = [join(env.scratch, 'identical.mp4'), join(env.scratch, 'lossless.mp4')];
  await writeFile(source, storage.objects.get(spec.source.key) ?? '');
  const fragments = ['-movflags', '+empty_moov+default_base_moof+frag_keyframe', '-f', 'mp4'];
  await execa('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-y', ...videoInput(spec, `file:${source}`, 0)],
    ...['-filter_complex', ladderGraph(spec, 0), '-map', '[v0]', '-c:v', 'libx264', '-qp', '0'],
    ...['-bf', '2', ...fragments, lossless],
  ]);
  const printed: Buffer[] = [];
  const end = await runFfmpeg(env.tools, {
    argv: measureQualityArgv(spec, `file:${source}`, []),
    cwd: env.scratch,
    signal: new AbortController().signal,
    inputs: [bytesOf(lossless)],
    outputs: [(bytes) => void printed.push(bytes)],
  });
  expect(end.exitCode).toBe(0);
  const figures = pictureFigures(Buffer.concat(printed).toString());
  expect(figures).toEqual({ frames: 60, ssim: 1, psnr: 100 });
});

async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  yield await readFile(file);
}

test('the figures are those of ffmpeg over the same stretch', async () => {
  const profile = profileOf([
    { ...H264, crf: 30 },
    { ...H264, height: 64, crf: 30 },
  ]);
  const job = await runJob(storage, env, await clip('ntsc'), profile);
  const specs = specsOf(job, profile);
  const last = specs.length - 1;
  const [spec, measured] = [specs[last], job.quality[last]];
  if (!spec || !measured) throw new Error('nothing was measured');
  expect(spec.startFrame).toBeGreaterThan(0);
  for (const rendition of spec.renditions) {
    const theirs = await byFfmpeg(job, spec, rendition.name);
    const ours = measured.renditions.find(({ name }) => name === rendition.name);
    expect(ours?.frames).toBe(60);
    expect(ours?.ssim).toBeCloseTo(theirs.ssim, 5);
    expect(ours?.psnr).toBeCloseTo(theirs.psnr, 3);
  }
});

/** Reference and segment as files, compared by one ffmpeg, on one thread too: its own averages are read from its log. */
async function byFfmpeg(job: FinishedJob, spec: MeasureQualitySpec, name: string) {
  const found = job.tracks.get(name);
  const segment = found?.segments.get(spec.segment);
  const published = join(env.scratch, `${name}.mp4`);
  const reference = join(env.scratch, `${name}.y4m`);
  const source = join(env.scratch, 'reference-source.mp4');
  const object = (key: string | undefined) => storage.objects.get(key ?? '') ?? Buffer.alloc(0);
  await writeFile(published, Buffer.concat([object(found?.initKey), object(segment?.key)]));
  await writeFile(source, object(spec.source.key));
  const label = spec.renditions.findIndex((rendition) => rendition.name === name);
  const others = spec.renditions.flatMap((_, i) =>
    i === label ? [] : ['-map', `[v${i}]`, '-f', 'null', '-'],
  );
  await execa('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-y', ...videoInput(spec, `file:${source}`, spec.startFrame)],
    ...['-filter_complex', ladderGraph(spec, spec.startFrame)],
    ...['-map', `[v${label}]`, '-frames:v', String(spec.frames), reference, ...others],
  ]);
  const compare = async (filter: string) => {
    const counted = `trim=end_frame=${spec.frames},settb=1/25,setpts=N`;
    const graph = `[0:v]${counted}[a];[1:v]${counted}[b];[a][b]${filter}=shortest=1`;
    const argv = ['-nostdin', '-i', published, '-i', reference, ...filterGraph(graph, 1), '-f', 'null', '-'];
    return (await execa('ffmpeg', argv)).stderr;
  };
  return {
    ssim: Number(/SSIM .* All:([\d.]+)/.exec(await compare('ssim'))?.[1]),
    psnr: Number(/PSNR .* average:([\d.]+)/.exec(await compare('psnr'))?.[1]),
  };
}

test('a rendition of every second frame is compared with the frames it shows', async () => {
  const profile = profileOf([
    { ...H264, crf: 0, max_frame_rate: 15, max_bitrate_kbps: 100_000 },
    { ...H264, height: 64, crf: 20, max_bitrate_kbps: 100_000 },
  ]);
  const job = await runJob(storage, env, await clip('ntsc'), profile);
  expect(job.plan.renditions[0]?.frameStep).toBe(2);
  for (const { renditions } of job.quality) {
    expect(renditions[0]?.frames).toBe(30);
    expect(renditions[0]?.psnr).toBeGreaterThan(55);
    expect(renditions[1]).toMatchObject({ frames: 60 });
    expect(renditions[1]?.ssim).toBeGreaterThan(0.95);
  }
});

test.each(['hevc', 'vp9', 'av1'] as const)('pictures in %s', async (codec) => {
  const profile = profileOf([{ height: 120, codec }], { end_seconds: 3 });
  const job = await runJob(storage, env, await clip('ntsc'), profile);
  const [figures] = job.quality[0]?.renditions ?? [];
  expect(figures?.frames).toBe(60);
  expect(figures?.ssim).toBeGreaterThan(0.9);
  expect(figures?.ssim).toBeLessThan(1);
});

test('VMAF is told where this ffmpeg can, and null where it cannot', async () => {
  const profile = profileOf([{ ...H264, crf: 23 }], { end_seconds: 2 });
  const job = await runJob(storage, env, await clip('ntsc'), profile);
  const vmaf = job.quality[0]?.renditions[0]?.vmaf;
  if (env.tools.capabilities.has('libvmaf')) expect(vmaf).toBeGreaterThan(50);
  else expect(vmaf).toBeNull();
});

test('a segment that lacks pictures is no sample', async () => {
  const profile = profileOf([{ ...H264, crf: 23 }], { end_seconds: 3 });
  const job = await runJob(storage, env, await clip('ntsc'), profile);
  const [spec] = specsOf(job, profile);
  const found = job.tracks.get('120p');
  if (!spec || !found) throw new Error('nothing to measure');
  const key = found.segments.get(spec.segment)?.key ?? '';
  const whole = storage.objects.get(key) ?? Buffer.alloc(0);
  // The pictures after the first few are noise.
  storage.objects.set(key, Buffer.from(whole).fill(0, Math.floor(whole.length / 3)));
  const inputs = new Map([
    ['source', spec.source.key],
    [initName('120p'), found.initKey],
    [`120p/${spec.segment}.m4s`, key],
  ]);
  const attempt = await fakeAttempt(storage, env.scratch, spec, { taskId: 'quality-damaged', inputs });
  // Whoever made it still has it as it was.
  const other = await createTestTools();
  const outcome = await measureQuality(attempt.ctx, other.tools).catch((error: unknown) => error);
  await other.close();
  expect(outcome).toMatchObject({ code: expect.stringMatching(/^(?:verification_failed|encoder_failed)$/) });
});
