import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSystemClock } from '../clock/system-clock.ts';
import { type Allowance, pictureAllowance } from './allowance.ts';
import { boxed, exceeded, findPrlimit } from './box.ts';
import { childEnvironment } from './child-environment.ts';
import { type FfmpegCommand, runFfmpeg } from './run-ffmpeg.ts';
import { runFfprobe } from './run-ffprobe.ts';

let folder: string;
let prlimitPath: string | null;
const childEnv = childEnvironment(process.env);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-box-'));
  prlimitPath = await findPrlimit(childEnv);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const PLENTY = pictureAllowance({ sourcePixels: 1, decoded: 1, renditionPixels: [1], encoded: 1 });
const ENDLESS = ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25'];

function run(argv: readonly string[], allowance: Partial<Allowance>, command: Partial<FfmpegCommand> = {}) {
  const tools = { ffmpegPath: 'ffmpeg', prlimitPath, childEnv, clock: createSystemClock() };
  return runFfmpeg(tools, {
    argv: ['-nostdin', '-v', 'level+warning', '-progress', 'pipe:1', ...argv],
    cwd: folder,
    signal: new AbortController().signal,
    allowance: { ...PLENTY, ...allowance },
    ...command,
  });
}

async function program(script: string): Promise<string> {
  const file = join(folder, `program-${Math.random()}`);
  await writeFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

describe('ffmpeg in its box', () => {
  test('is stopped when its CPU time is used up, with a permanent word', async () => {
    await expect(run([...ENDLESS, '-f', 'null', '-'], { cpuSeconds: 1 })).rejects.toMatchObject({
      code: 'source_exceeds_limits',
    });
  });

  test('gets no more memory than it may have', async () => {
    const argv = ['-f', 'lavfi', '-i', 'testsrc2=size=7680x4320', '-frames:v', '2', '-f', 'null', '-'];
    await expect(run(argv, { memoryBytes: 200_000_000 })).rejects.toMatchObject({
      code: 'out_of_resources',
      message: expect.stringContaining('191 MiB'),
    });
    expect(await run(argv, {})).toMatchObject({ exitCode: 0 });
  });

  test('cannot fill the disk with one file', async () => {
    const argv = [...ENDLESS, '-c:v', 'rawvideo', '-y', join(folder, 'film.nut')];
    await expect(run(argv, { fileBytes: 5_000_000 })).rejects.toMatchObject({ code: 'encoder_failed' });
  });

  test('is stopped when it takes too long, however busy it is', async () => {
    await expect(run([...ENDLESS, '-f', 'null', '-'], { wallMs: 500 })).rejects.toMatchObject({
      code: 'out_of_resources',
    });
  });

  test('hears its signals', async () => {
    const stop = new AbortController();
    const running = run(
      [...ENDLESS, '-f', 'null', '-'],
      {},
      { signal: stop.signal, onProgress: () => stop.abort(new Error('stop')) },
    );
    await expect(running).rejects.toThrow('stop');
  });

  test('that is not there is an end by nobody’s fault', async () => {
    const tools = { ffmpegPath: join(folder, 'missing'), prlimitPath, childEnv, clock: createSystemClock() };
    const end = await runFfmpeg(tools, { argv: [], cwd: folder, signal: new AbortController().signal });
    expect(end).toMatchObject({ exitCode: null, endedBy: expect.any(String) });
  });
});

test('ffprobe is held to its CPU time and memory too', async () => {
  const options = { cwd: folder, signal: new AbortController().signal };
  const busy = { ffprobePath: await program('while :; do :; done'), prlimitPath, childEnv };
  await expect(runFfprobe(busy, [], options, { ...PLENTY, cpuSeconds: 1 })).rejects.toMatchObject({
    code: 'source_exceeds_limits',
  });
  const greedy = { ffprobePath: await program('ulimit -d >&2; exit 1'), prlimitPath, childEnv };
  const end = await runFfprobe(greedy, [], options, { ...PLENTY, memoryBytes: 64 * 1024 ** 2 });
  expect(end).toEqual({ ok: false, logTail: ['65536'] });
});

test('a machine without prlimit runs the command as it is', () => {
  expect(boxed(null, 'ffmpeg', ['-version'], PLENTY)).toEqual({ file: 'ffmpeg', argv: ['-version'] });
});

test('a signal from outside is not taken for a limit', () => {
  const early = { exitCode: 255, log: [], elapsedMs: 60_000 };
  expect(exceeded(early, { ...PLENTY, cpuSeconds: 300 }, 2)).toBeNull();
  expect(exceeded({ ...early, elapsedMs: 160_000 }, { ...PLENTY, cpuSeconds: 300 }, 2)).toMatchObject({
    code: 'source_exceeds_limits',
  });
});

test('the allowance grows with the work', () => {
  const film = {
    sourcePixels: 2_073_600,
    decoded: 1_800,
    renditionPixels: [2_073_600, 921_600],
    encoded: 1_500,
  };
  const one = pictureAllowance(film);
  const eight = pictureAllowance({ ...film, sourcePixels: 33_177_600, renditionPixels: [33_177_600] });
  expect(eight.cpuSeconds).toBeGreaterThan(5 * one.cpuSeconds);
  // An 8K decoder with its threads alone holds 5 GB of ten-bit pictures.
  expect(eight.memoryBytes).toBeGreaterThan(12 * 1024 ** 3);
  expect(one.memoryBytes).toBeLessThan(6 * 1024 ** 3);
});
