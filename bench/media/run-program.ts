import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { endedChildrenCpuSeconds } from '../cpu/children-cpu.ts';

/** What one run of a program took. */
export interface Took {
  wallSeconds: number;
  cpuSeconds: number;
}

const LONGEST_MS = 30 * 60_000;
const LOG_BYTES = 4_000;

/**
 * Runs a program to its end; `onOutput` gets what it prints. Nothing else may end meanwhile whose CPU time is not to be
 * counted. Throws, with the end of its log, when it fails or takes longer than half an hour; then it is killed.
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: { cwd?: string; onOutput?: (piece: Buffer) => void } = {},
): Promise<Took> {
  const startedAt = performance.now();
  const cpuBefore = endedChildrenCpuSeconds();
  const child = spawn(command, args, {
    stdio: ['ignore', options.onOutput ? 'pipe' : 'ignore', 'pipe'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let log = '';
  child.stderr?.on('data', (piece: Buffer) => {
    log = (log + piece.toString()).slice(-LOG_BYTES);
  });
  if (options.onOutput) child.stdout?.on('data', options.onOutput);
  const stop = () => void child.kill('SIGKILL');
  process.once('exit', stop);
  try {
    const [code, signal] = await once(child, 'close');
    if (code !== 0) throw new Error(`${command} ended with ${signal ?? code}: ${log.trim()}`);
  } finally {
    process.removeListener('exit', stop);
  }
  return {
    wallSeconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: endedChildrenCpuSeconds() - cpuBefore,
  };
}

/** What several runs, one after another, took together. */
export function together(runs: readonly Took[]): Took {
  return {
    wallSeconds: runs.reduce((sum, { wallSeconds }) => sum + wallSeconds, 0),
    cpuSeconds: runs.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  };
}
