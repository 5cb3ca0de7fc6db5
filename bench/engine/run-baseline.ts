import { mkdir, rm } from 'node:fs/promises';
import { runProgram, type Took, together } from '../media/run-program.ts';
import type { Baseline } from './baseline-argv.ts';

/** Runs a baseline into empty folders. */
export async function runBaseline({ folders, commands }: Baseline): Promise<Took> {
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
  const runs: Took[] = [];
  for (const command of commands) runs.push(await runProgram('ffmpeg', command));
  return together(runs);
}
