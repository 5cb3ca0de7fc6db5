import type { FailureCode } from '@millrace/shared/task/failure-codes.ts';
import { execa } from 'execa';
import type { Allowance } from './allowance.ts';

/** A command line that holds a program to its allowance. */
export interface Boxed {
  file: string;
  argv: string[];
}

const TIMEOUT_MS = 10_000;
const WIDEST: Allowance = {
  cpuSeconds: 10_000_000,
  wallMs: TIMEOUT_MS,
  memoryBytes: 64 * 1024 ** 3,
  fileBytes: 1024 ** 4,
};
/** ffmpeg takes the first signal for a wish and finishes its file; what does not end then is killed. */
const CPU_GRACE_SECONDS = 10;

/** util-linux's `prlimit`, if this machine has it. It becomes the program it starts, so that signals reach that one. */
export async function findPrlimit(env: Record<string, string>): Promise<string | null> {
  // With limits as wide as any that will be asked for: a container may not let us set them.
  const { argv } = boxed('prlimit', 'true', [], WIDEST);
  const end = await execa('prlimit', argv, {
    env,
    extendEnv: false,
    stdin: 'ignore',
    timeout: TIMEOUT_MS,
    reject: false,
  });
  return end.exitCode === 0 ? 'prlimit' : null;
}

/** The same command under the kernel's limits; as it is where there is no `prlimit`. */
export function boxed(
  prlimitPath: string | null,
  program: string,
  argv: readonly string[],
  { cpuSeconds, memoryBytes, fileBytes }: Allowance,
): Boxed {
  if (prlimitPath === null) return { file: program, argv: [...argv] };
  const limits = [
    `--cpu=${cpuSeconds}:${cpuSeconds + CPU_GRACE_SECONDS}`,
    `--data=${Math.ceil(memoryBytes)}`,
    ...(Number.isFinite(fileBytes) ? [`--fsize=${fileBytes}`] : []),
    '--core=0',
  ];
  return { file: prlimitPath, argv: [...limits, '--', program, ...argv] };
}

/** `prlimit` itself ends with these when it cannot start the program. */
export function didNotStart(prlimitPath: string | null, exitCode: number | undefined): boolean {
  return prlimitPath !== null && (exitCode === 126 || exitCode === 127);
}

/** What is known of a program that ended on its own. */
export interface Ended {
  exitCode?: number;
  signal?: string;
  /** Last lines of its log. */
  log: readonly string[];
  elapsedMs: number;
}

/** What ffmpeg exits with when a signal asked it to. */
const EXIT_AFTER_SIGNAL = 255;
/** As ffmpeg, x265 and x264 say it. */
const NO_MEMORY = /Cannot allocate memory|bad_alloc|malloc of size \d+ failed/;
/** Of the time that a limit on CPU time needs at least, on so many cores. */
const ALMOST = 0.9;

/** Which limit ended it, in the words of a failure; null when it was none of ours. */
export function exceeded(
  { exitCode, signal, log, elapsedMs }: Ended,
  { cpuSeconds, memoryBytes, fileBytes }: Allowance,
  cores: number,
): { code: FailureCode; message: string } | null {
  const couldUseItUp = elapsedMs * cores >= ALMOST * cpuSeconds * 1_000;
  if (signal === 'SIGXCPU' || (exitCode === EXIT_AFTER_SIGNAL && couldUseItUp)) {
    return { code: 'source_exceeds_limits', message: `it takes more than ${cpuSeconds} s of CPU time` };
  }
  if (signal === 'SIGXFSZ') {
    return { code: 'encoder_failed', message: `a file of more than ${fileBytes} bytes was written` };
  }
  if (log.some((line) => line.includes('exceeds max_streams'))) {
    return { code: 'source_exceeds_limits', message: 'there are too many streams' };
  }
  // Also when it succeeded: it takes pictures that had no room for pictures that are not there.
  if (log.some((line) => NO_MEMORY.test(line))) {
    const mib = Math.round(memoryBytes / 1024 ** 2);
    return { code: 'out_of_resources', message: `it takes more than ${mib} MiB of memory` };
  }
  return null;
}
