import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerdProgram } from './workerd-program.ts';

/** How long workerd may go on answering what it has begun. */
export const STOP_LIMIT_MS = 20_000;

export interface WorkerdExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunningWorkerd {
  /** Settles when the process has ended, for whatever reason. Never rejects. */
  exited: Promise<WorkerdExit>;
  /** Lets requests that are being answered end, and ends what has not ended in time. */
  stop(): Promise<void>;
}

export interface WorkerdOptions {
  /** The configuration; `folder` is an empty one that lives as long as the process, for sockets. */
  config: (folder: string) => string;
  env: Readonly<Record<string, string>>;
  /** Everything it prints, a line at a time. */
  onLine: (line: string) => void;
  /** Asked until it does not throw. */
  isReady: (folder: string) => Promise<unknown>;
  readyTimeoutMs?: number;
  stopTimeoutMs?: number;
}

/** Cloudflare's runtime as a child of this process. Throws when it ends before it is ready, or is not ready in time. */
export async function runWorkerd(options: WorkerdOptions): Promise<RunningWorkerd> {
  const { readyTimeoutMs = 30_000, stopTimeoutMs = STOP_LIMIT_MS } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-workerd-'));
  const configFile = path.join(folder, 'config.capnp');
  await writeFile(configFile, options.config(folder));
  const child = spawn(workerdProgram(), ['serve', '--experimental', '--import-path=/', configFile], {
    // Not our environment: what we know beside the Worker's variables is none of its business.
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', options.onLine);
  }
  const exited = untilExit(child).finally(() => rm(folder, { recursive: true, force: true }));
  const stop = () => end(child, exited, stopTimeoutMs);
  try {
    await untilReady(() => options.isReady(folder), exited, readyTimeoutMs);
  } catch (error) {
    await stop();
    throw error;
  }
  return { exited, stop };
}

function untilExit(child: ChildProcess): Promise<WorkerdExit> {
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
    // One that could not be started closes as well; the line in its log says why.
    child.once('error', () => resolve({ code: null, signal: null }));
  });
}

async function untilReady(
  isReady: () => Promise<unknown>,
  exited: Promise<WorkerdExit>,
  timeoutMs: number,
): Promise<void> {
  let exit: WorkerdExit | undefined;
  void exited.then((value) => {
    exit = value;
  });
  const giveUpAtMs = performance.now() + timeoutMs;
  while (performance.now() < giveUpAtMs) {
    if (exit)
      throw new Error(`workerd ended (${exit.signal ?? `exit code ${exit.code}`}) before it was ready`);
    const ready = await isReady().then(
      () => true,
      () => false,
    );
    if (ready) return;
    await sleep(50);
  }
  throw new Error(`workerd was not ready within ${timeoutMs} ms`);
}

async function end(child: ChildProcess, exited: Promise<WorkerdExit>, timeoutMs: number): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  await exited;
  clearTimeout(timer);
}
