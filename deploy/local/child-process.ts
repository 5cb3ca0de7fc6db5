import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { tieToOurLife } from './lifeline.ts';
import { logTail } from './log-tail.ts';
import { groupIsAlive, signalGroup } from './process-group.ts';
import { waitUntil } from './wait-until.ts';

export interface ChildOptions {
  /** What messages call it. */
  name: string;
  command: string;
  args: readonly string[];
  /** Takes everything the child prints; made with its folder, appended to. */
  logFile: string;
  /** Asked until it says yes. An exception counts as «not yet». */
  isReady: (pid: number) => boolean | Promise<boolean>;
  readyTimeoutMs?: number;
  cwd?: string;
  /** On top of our own environment. `undefined` takes a variable away. */
  env?: Readonly<Record<string, string | undefined>>;
  uid?: number;
  gid?: number;
  /** The polite request to end. */
  stopSignal?: NodeJS.Signals;
  /** How long the request has, before everything left is killed. */
  stopTimeoutMs?: number;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Child {
  pid: number;
  /** Settles when the process has ended, for whatever reason. Never rejects. */
  exited: Promise<ChildExit>;
  /** Ends the process and all its descendants. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a program in a process group of its own and waits until it is ready. It does not outlive us.
 * Throws, with the end of its log, when it ends before it is ready or is not ready in time; then nothing of it
 * stays.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, logFile, isReady, readyTimeoutMs = 30_000 } = options;
  const child = await spawnChild(options);

  let exit: ChildExit | undefined;
  void child.exited.then((value) => {
    exit = value;
  });
  const ready = await waitUntil(
    async () => exit !== undefined || (await holds(() => isReady(child.pid))),
    readyTimeoutMs,
  );
  if (ready && exit === undefined) return child;

  const why = exit === undefined ? `was not ready within ${readyTimeoutMs} ms` : `ended (${told(exit)})`;
  await child.stop();
  throw new Error(`${name} ${why}. The end of ${logFile}:\n${await logTail(logFile)}`);
}

async function spawnChild(options: ChildOptions): Promise<Child> {
  const { name, command, args, logFile, cwd, env, uid, gid } = options;
  const { stopSignal = 'SIGTERM', stopTimeoutMs = 10_000 } = options;
  mkdirSync(path.dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const spawned = spawn(command, args, {
    // Its own group: a Ctrl-C at our terminal reaches only us, and we decide the order in which things end.
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  closeSync(log);
  const exited = new Promise<ChildExit>((resolve) => {
    spawned.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    spawned.once('spawn', resolve);
    spawned.once('error', (cause) => reject(new Error(`cannot start ${name}: ${cause.message}`, { cause })));
  });
  const pid = spawned.pid;
  if (pid === undefined) throw new Error(`${name} started without a process id`);

  const letGo = tieToOurLife(pid, stopSignal);
  void exited.then(() => {
    if (!groupIsAlive(pid)) letGo();
  });
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    await stopGroup(pid, stopSignal, stopTimeoutMs);
    await exited;
    letGo();
  };
  return {
    pid,
    exited,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

async function stopGroup(groupId: number, stopSignal: NodeJS.Signals, timeoutMs: number): Promise<void> {
  const gone = () => !groupIsAlive(groupId);
  if (gone()) return;
  signalGroup(groupId, stopSignal);
  if (await waitUntil(gone, timeoutMs)) return;
  signalGroup(groupId, 'SIGKILL');
  await waitUntil(gone, 5_000);
}

async function holds(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await condition();
  } catch {
    return false;
  }
}

function told({ code, signal }: ChildExit): string {
  return signal === null ? `exit code ${code}` : signal;
}
