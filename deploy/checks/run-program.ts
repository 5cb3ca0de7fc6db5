import { execFile } from 'node:child_process';

export interface ProgramEnd {
  ok: boolean;
  /** Both of its streams. */
  output: string;
}

/** Runs a program to its end, for at most a minute. */
export function runProgram(program: string, args: readonly string[]): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 60_000, maxBuffer: 64 * 1024 ** 2 }, (error, stdout, stderr) => {
      resolve({ ok: error === null, output: `${stdout}${stderr}` });
    });
  });
}
