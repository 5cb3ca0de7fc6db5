import { availableParallelism } from 'node:os';
import { inSpan } from '@millrace/shared/trace/trace.ts';
import { execa } from 'execa';
import { killOnExit } from '../kill-on-exit.ts';
import { TaskFailure } from '../task-failure.ts';
import type { TracedTools } from '../tracing/traced-tools.ts';
import { type Allowance, PROBE_ALLOWANCE } from './allowance.ts';
import { boxed, didNotStart, exceeded } from './box.ts';
import { createLogTail } from './log-tail.ts';
import { type MeteredTools, meterChild } from './meter-child.ts';

const KILL_AFTER_MS = 2_000;
const MAX_OUTPUT_CHARACTERS = 64 * 1024 * 1024;

export interface FfprobeTools extends MeteredTools, TracedTools {
  ffprobePath: string;
  /** See `findPrlimit`. */
  prlimitPath: string | null;
  childEnv: Record<string, string>;
}

export type FfprobeEnd = { ok: true; json: unknown } | { ok: false; logTail: string[] };

/**
 * Runs ffprobe and parses what it printed, if it succeeded: on failure it prints a lone `{`. Throws a retryable failure
 * when it did not end by itself, which says nothing about the source.
 */
export function runFfprobe(
  tools: FfprobeTools,
  argv: readonly string[],
  options: FfprobeOptions,
  allowance: Allowance = PROBE_ALLOWANCE,
): Promise<FfprobeEnd> {
  return inSpan(tools.trace, 'ffprobe', {}, async (span) => {
    const end = await run(tools, argv, options, allowance);
    span.set({ 'millrace.ok': end.ok });
    return end;
  });
}

interface FfprobeOptions {
  cwd: string;
  signal: AbortSignal;
}

async function run(
  tools: FfprobeTools,
  argv: readonly string[],
  options: FfprobeOptions,
  allowance: Allowance,
): Promise<FfprobeEnd> {
  options.signal.throwIfAborted();
  const command = boxed(tools.prlimitPath, tools.ffprobePath, argv, allowance);
  const child = execa(command.file, command.argv, {
    cwd: options.cwd,
    env: tools.childEnv,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    maxBuffer: { stdout: MAX_OUTPUT_CHARACTERS, stderr: 1024 * 1024 },
    timeout: allowance.wallMs,
    cancelSignal: options.signal,
    forceKillAfterDelay: KILL_AFTER_MS,
  });
  killOnExit(child);
  meterChild(tools, child);
  const end = await child;
  options.signal.throwIfAborted();
  if (end.timedOut) throw new TaskFailure('stalled', 'ffprobe made no progress');
  const log = createLogTail();
  log.push(end.stderr);
  const limit = exceeded(
    { ...end, log: log.lines(), elapsedMs: end.durationMs },
    allowance,
    availableParallelism(),
  );
  if (limit) throw new TaskFailure(limit.code, `ffprobe was stopped: ${limit.message}`);
  if (end.exitCode === undefined || didNotStart(tools.prlimitPath, end.exitCode)) {
    throw new TaskFailure(
      'worker_error',
      `ffprobe was ended by ${end.signal ?? end.originalMessage ?? 'nobody'}`,
    );
  }
  if (end.exitCode !== 0) return { ok: false, logTail: log.lines() };
  try {
    return { ok: true, json: JSON.parse(end.stdout) };
  } catch {
    return { ok: false, logTail: [...log.lines(), 'ffprobe printed no JSON'] };
  }
}
