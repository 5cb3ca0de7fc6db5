import { execFile } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { promisify } from 'node:util';

/** What a figure was measured on. */
export interface Machine {
  cpu: string;
  cores: number;
  ffmpeg: string;
  node: string;
  /** Processes that wanted to run in the minute before. */
  load_before: number;
  at: string;
}

/** Call it before anything runs: the load is that of others. */
export async function describeMachine(): Promise<Machine> {
  const { stdout } = await promisify(execFile)('ffmpeg', ['-version'], { timeout: 30_000 });
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    ffmpeg: /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? 'unknown',
    node: process.version,
    load_before: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    at: new Date().toISOString(),
  };
}

export function machineLine({ cpu, cores, ffmpeg, load_before }: Machine): string {
  return `${cores} cores (${cpu}), ffmpeg ${ffmpeg}, load before ${load_before.toFixed(2)}`;
}
