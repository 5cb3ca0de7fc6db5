import type { Child } from '@millrace/local/child-process.ts';
import { startChild } from '@millrace/local/child-process.ts';
import { answers } from '@millrace/local/stack/answers.ts';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';

/** What the images start, as their command lines have it, from the folder that holds the application. */
export const PROGRAMS = {
  edge: ['deploy/services/main.ts', 'edge'],
  queue: ['deploy/services/main.ts', 'queue'],
  'neon-proxy': ['deploy/services/main.ts', 'neon-proxy'],
  'redis-proxy': ['deploy/services/main.ts', 'redis-proxy'],
  bridge: ['worker-node/src/main.ts', 'bridge'],
  worker: ['worker-node/src/main.ts', 'worker'],
} as const;

export type ProgramName = keyof typeof PROGRAMS;

export interface ProgramStart {
  program: ProgramName;
  env: Readonly<Record<string, string>>;
  /** Answers well once it is ready. */
  readyUrl: string;
  logFile: string;
}

/** How a program is started: as a process of this machine, or out of an image. */
export type StartProgram = (start: ProgramStart) => Promise<Child>;

export const startHere: StartProgram = ({ program, env, readyUrl, logFile }) =>
  startChild({
    name: program,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', ...PROGRAMS[program]],
    cwd: repositoryRoot,
    env,
    logFile,
    isReady: () => answers(readyUrl),
    stopTimeoutMs: 30_000,
  });
