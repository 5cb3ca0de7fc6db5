import { availableParallelism, constants, setPriority } from 'node:os';
import { Readable } from 'node:stream';
import { inSpan } from '@millrace/shared/trace/trace.ts';
import { execa } from 'execa';
import type { Clock } from '../clock/clock.ts';
import { killOnExit } from '../kill-on-exit.ts';
import { TaskFailure } from '../task-failure.ts';
import type { TracedTools } from '../tracing/traced-tools.ts';
import { type Allowance, pictureAllowance } from './allowance.ts';
import { boxed, didNotStart, exceeded } from './box.ts';
import { LIMITS } from './limits.ts';
import { createLogTail } from './log-tail.ts';
import { type MeteredTools, meterChild } from './meter-child.ts';
import { type Progress, progressParser } from './progress.ts';
import { stallWatch } from './stall-watch.ts';

/** ffmpeg finishes a file when asked to stop, unless it is stuck in a loop; then it is killed. */
const KILL_AFTER_MS = 5_000;
/** Longer than any seek, and than ffmpeg may wait for a source whose storage is away (see `keepTrying`). */
const STALL_LIMIT_MS = 240_000;

export interface FfmpegCommand {
  argv: readonly string[];
  /** Working directory: the attempt's scratch. */
  cwd: string;
  signal: AbortSignal;
  /** Fed into descriptor 3 and up. */
  inputs?: readonly AsyncIterable<Uint8Array>[];
  /** Receive descriptor 3 and up; ffmpeg waits while one of them is busy. */
  outputs?: readonly ((bytes: Buffer) => Promise<void> | void)[];
  /** What all outputs together may reach; ffmpeg's own `-fs` does not hold. */
  maxOutputBytes?: number;
  /** What it may cost: see `pictureAllowance` and its like. Default: a short look at the largest pictures. */
  allowance?: Allowance;
  stallLimitMs?: number;
  /** Gives way to everything else on the machine: nobody waits for this before what playback needs. */
  background?: boolean;
  onProgress?: (progress: Progress) => void;
  onLogLine?: (line: string) => void;
}

/** How it ended by itself. Nothing it wrote counts unless `exitCode` is 0, and then only what was verified. */
export interface FfmpegEnd {
  /** Null when a signal that was not ours ended it. */
  exitCode: number | null;
  endedBy: string | null;
  logTail: string[];
  frames: number;
}

export interface FfmpegTools extends MeteredTools, TracedTools {
  ffmpegPath: string;
  /** See `findPrlimit`. */
  prlimitPath: string | null;
  childEnv: Record<string, string>;
  clock: Clock;
}

const SHORT_LOOK = pictureAllowance({
  sourcePixels: LIMITS.pixels,
  decoded: 500,
  renditionPixels: [2_000_000],
  encoded: 500,
});

/**
 * Runs ffmpeg until it ends. Rejects with the signal's reason when it was stopped from outside, with what a consumer
 * threw, with `stalled` or `encoder_failed` when it stood still or wrote without end, and with the word for it when it
 * used up its allowance.
 */
export function runFfmpeg(tools: FfmpegTools, command: FfmpegCommand): Promise<FfmpegEnd> {
  return inSpan(tools.trace, 'ffmpeg', {}, async (span) => {
    const end = await run(tools, command);
    span.set({ 'process.exit.code': end.exitCode ?? -1, 'millrace.frames': end.frames });
    return end;
  });
}

async function run(tools: FfmpegTools, command: FfmpegCommand): Promise<FfmpegEnd> {
  command.signal.throwIfAborted();
  const stop = new AbortController();
  const signal = AbortSignal.any([command.signal, stop.signal]);
  const watch = stallWatch(tools.clock, command.stallLimitMs ?? STALL_LIMIT_MS, () =>
    stop.abort(new TaskFailure('stalled', 'ffmpeg made no progress')),
  );
  const allowance = command.allowance ?? SHORT_LOOK;
  const startedAt = tools.clock.monotonic();
  const takeBackDeadline = tools.clock.setTimer(allowance.wallMs, () =>
    stop.abort(
      new TaskFailure('out_of_resources', `ffmpeg took more than ${Math.round(allowance.wallMs / 1_000)} s`),
    ),
  );
  const log = createLogTail(command.onLogLine);
  const outputs = command.outputs ?? [];
  let frames = 0;
  let position = '';
  const readProgress = progressParser((progress) => {
    frames = Math.max(frames, progress.frames);
    const now = `${progress.frames} ${progress.outTimeMicros} ${progress.totalBytes}`;
    if (now !== position) watch.moved();
    position = now;
    command.onProgress?.(progress);
  });

  const { file, argv } = boxed(tools.prlimitPath, tools.ffmpegPath, command.argv, allowance);
  const child = execa(file, argv, {
    cwd: command.cwd,
    env: tools.childEnv,
    extendEnv: false,
    stdio: ['ignore', 'pipe', 'pipe', ...(command.inputs ?? []), ...outputs.map(() => 'pipe' as const)],
    buffer: false,
    reject: false,
    cancelSignal: signal,
    forceKillAfterDelay: KILL_AFTER_MS,
  });
  killOnExit(child);
  meterChild(tools, child);
  if (command.background && child.pid !== undefined) giveWay(child.pid);
  child.stdout.setEncoding('utf8').on('data', readProgress);
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));

  const written = { bytes: 0 };
  const consuming = outputs.map(async (consume, i) => {
    try {
      for await (const bytes of outputStream(child.stdio, 3 + (command.inputs?.length ?? 0) + i)) {
        watch.moved();
        written.bytes += bytes.length;
        if (written.bytes > (command.maxOutputBytes ?? Number.POSITIVE_INFINITY)) {
          throw new TaskFailure('encoder_failed', `ffmpeg wrote more than ${command.maxOutputBytes} bytes`);
        }
        await watch.pausedDuring(() => consume(bytes));
      }
    } catch (error) {
      // The first reason wins; a pipe that breaks because ffmpeg was stopped says nothing new.
      if (!signal.aborted) stop.abort(error);
    }
  });

  const [end] = await Promise.all([child, ...consuming]).finally(() => {
    watch.stop();
    takeBackDeadline();
  });
  if (signal.aborted) throw signal.reason;
  const elapsedMs = tools.clock.monotonic() - startedAt;
  const limit = exceeded({ ...end, log: log.lines(), elapsedMs }, allowance, availableParallelism());
  if (limit) throw new TaskFailure(limit.code, `ffmpeg was stopped: ${limit.message}`);
  const started = end.exitCode !== undefined && !didNotStart(tools.prlimitPath, end.exitCode);
  return {
    exitCode: started ? (end.exitCode ?? null) : null,
    endedBy: end.signal ?? (started ? null : (end.originalMessage ?? 'did not start')),
    logTail: log.lines(),
    frames,
  };
}

/** A process that has ended already needs none. */
function giveWay(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('ESRCH')) throw error;
  }
}

function outputStream(stdio: readonly unknown[], descriptor: number): Readable {
  const stream = stdio[descriptor];
  if (!(stream instanceof Readable)) throw new Error(`descriptor ${descriptor} is not open for reading`);
  return stream;
}
