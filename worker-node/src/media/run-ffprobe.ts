import { execa } from 'execa';
import { killOnExit } from '../kill-on-exit.ts';
import { TaskFailure } from '../task-failure.ts';
import { createLogTail } from './log-tail.ts';

const KILL_AFTER_MS = 2_000;
/** Longer than a source whose storage is away may keep it waiting (see `keepTrying`). */
const TIMEOUT_MS = 240_000;
const MAX_OUTPUT_CHARACTERS = 64 * 1024 * 1024;

export interface FfprobeTools {
  ffprobePath: string;
  childEnv: Record<string, string>;
}

export type FfprobeEnd = { ok: true; json: unknown } | { ok: false; logTail: string[] };

/**
 * Runs ffprobe and parses what it printed, if it succeeded: on failure it prints a lone `{`. Throws a retryable failure
 * when it did not end by itself, which says nothing about the source.
 */
export async function runFfprobe(
  tools: FfprobeTools,
  argv: readonly string[],
  options: { cwd: string; signal: AbortSignal },
): Promise<FfprobeEnd> {
  options.signal.throwIfAborted();
  const child = execa(tools.ffprobePath, argv, {
    cwd: options.cwd,
    env: tools.childEnv,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    maxBuffer: { stdout: MAX_OUTPUT_CHARACTERS, stderr: 1024 * 1024 },
    timeout: TIMEOUT_MS,
    cancelSignal: options.signal,
    forceKillAfterDelay: KILL_AFTER_MS,
  });
  killOnExit(child);
  const end = await child;
  options.signal.throwIfAborted();
  if (end.timedOut) throw new TaskFailure('stalled', 'ffprobe made no progress');
  if (end.exitCode === undefined) {
    throw new TaskFailure(
      'worker_error',
      `ffprobe was ended by ${end.signal ?? end.originalMessage ?? 'nobody'}`,
    );
  }
  const log = createLogTail();
  log.push(end.stderr);
  if (end.exitCode !== 0) return { ok: false, logTail: log.lines() };
  try {
    return { ok: true, json: JSON.parse(end.stdout) };
  } catch {
    return { ok: false, logTail: [...log.lines(), 'ffprobe printed no JSON'] };
  }
}
