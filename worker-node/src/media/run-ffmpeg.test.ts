import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSystemClock } from '../clock/system-clock.ts';
import { childEnvironment } from './child-environment.ts';
import { type FfmpegCommand, runFfmpeg } from './run-ffmpeg.ts';
import { runFfprobe } from './run-ffprobe.ts';

// Small programs in ffmpeg's place, each with one bad habit.

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-ffmpeg-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(script: string, command: Partial<FfmpegCommand> = {}) {
  const ffmpegPath = join(folder, `fake-${Math.random()}`);
  await writeFile(ffmpegPath, `#!/bin/sh\n${script}\n`);
  await chmod(ffmpegPath, 0o755);
  const tools = {
    ffmpegPath,
    prlimitPath: null,
    childEnv: childEnvironment(process.env),
    clock: createSystemClock(),
  };
  return runFfmpeg(tools, { argv: [], cwd: folder, signal: new AbortController().signal, ...command });
}

test('its exit code, its log and its progress are told as they are', async () => {
  const seen: number[] = [];
  const end = await run('echo frame=7; echo progress=continue; echo one >&2; echo two >&2; exit 69', {
    onProgress: ({ frames }) => void seen.push(frames),
  });
  expect(end).toEqual({ exitCode: 69, endedBy: null, logTail: ['one', 'two'], frames: 7 });
  expect(seen).toEqual([7]);
});

test('one that is killed by somebody else has no exit code', async () => {
  expect(await run('kill -SEGV $$')).toMatchObject({ exitCode: null, endedBy: 'SIGSEGV' });
});

test('one that is not there is an end, not an exception', async () => {
  const tools = {
    ffmpegPath: join(folder, 'missing'),
    prlimitPath: null,
    childEnv: {},
    clock: createSystemClock(),
  };
  const end = await runFfmpeg(tools, { argv: [], cwd: folder, signal: new AbortController().signal });
  expect(end.exitCode).toBeNull();
  expect(end.endedBy).not.toBeNull();
});

test('one that stands still is stopped, with the word for it', async () => {
  await expect(run('exec sleep 60', { stallLimitMs: 200 })).rejects.toMatchObject({ code: 'stalled' });
});

test('one that repeats the same progress stands still too', async () => {
  const script = 'while :; do echo frame=1; echo progress=continue; sleep 0.05; done';
  await expect(run(script, { stallLimitMs: 400 })).rejects.toMatchObject({ code: 'stalled' });
});

test('one that waits for its output to be stored does not stand still', async () => {
  const outputs = [() => new Promise<void>((resolve) => setTimeout(resolve, 700))];
  const end = await run('echo some bytes >&3; exec sleep 0.1', { outputs, stallLimitMs: 300 });
  expect(end.exitCode).toBe(0);
});

test('a stop reaches one that does not listen to TERM', async () => {
  const stop = new AbortController();
  const running = run("trap '' TERM; echo frame=1; echo progress=continue; while :; do sleep 0.1; done", {
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('canceled')),
  });
  await expect(running).rejects.toThrow('canceled');
});

test('one that writes without end is stopped', async () => {
  const outputs = [() => {}];
  await expect(run('exec cat /dev/zero >&3', { outputs, maxOutputBytes: 1_000_000 })).rejects.toMatchObject({
    code: 'encoder_failed',
  });
});

test('what a consumer throws ends it, and is what the caller gets', async () => {
  const outputs = [
    () => {
      throw new Error('wrong bytes');
    },
  ];
  await expect(run('exec cat /dev/zero >&3', { outputs })).rejects.toThrow('wrong bytes');
});

test('it is started with nothing secret in its environment', async () => {
  process.env.FLEET_TOKEN = 'secret';
  const pieces: Buffer[] = [];
  await run('env >&3', { outputs: [(bytes) => void pieces.push(bytes)] });
  delete process.env.FLEET_TOKEN;
  expect(Buffer.concat(pieces).toString()).not.toContain('secret');
});

test('an ffprobe that cannot run, or is killed, says nothing about the source', async () => {
  const options = { cwd: folder, signal: new AbortController().signal };
  const childEnv = childEnvironment(process.env);
  const missing = { ffprobePath: join(folder, 'missing'), prlimitPath: null, childEnv };
  await expect(runFfprobe(missing, [], options)).rejects.toMatchObject({ code: 'worker_error' });
  const killed = { ffprobePath: join(folder, 'killed'), prlimitPath: null, childEnv };
  await writeFile(killed.ffprobePath, '#!/bin/sh\nkill -KILL $$\n', { mode: 0o755 });
  await expect(runFfprobe(killed, [], options)).rejects.toMatchObject({ code: 'worker_error' });
  const failed = { ffprobePath: join(folder, 'failed'), prlimitPath: null, childEnv };
  await writeFile(failed.ffprobePath, '#!/bin/sh\necho "{"; exit 1\n', { mode: 0o755 });
  expect(await runFfprobe(failed, [], options)).toEqual({ ok: false, logTail: [] });
});
