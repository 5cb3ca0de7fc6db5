import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Child, startChild } from '@millrace/local/child-process.ts';
import { answers } from '@millrace/local/stack/answers.ts';
import type { ImageConfig } from './buildah.ts';

export interface MountedImage {
  root: string;
  config: ImageConfig;
}

export interface Containerised {
  program: string;
  env: Readonly<Record<string, string>>;
  /** Folders of this machine that the program may write to, by where they are inside. */
  volumes: Readonly<Record<string, string>>;
  readyUrl: string;
  logFile: string;
}

/**
 * Starts a program of an image much as a container engine would, without one: as the image's user and process 1, without
 * privileges, on a root that is read-only but for `volumes` and a small /tmp. The network is this machine's.
 */
export async function startInImage(image: MountedImage, start: Containerised): Promise<Child> {
  const argv = [...image.config.Entrypoint, start.program];
  const child = await startChild({
    name: start.program,
    command: '/bin/sh',
    args: ['-c', OUTSIDE, INSIDE, ...inside(image, start.env, start.volumes, argv)],
    logFile: start.logFile,
    isReady: () => answers(start.readyUrl),
    readyTimeoutMs: 60_000,
  });
  const first = await firstProcess(child.pid);
  return { ...child, stop: () => stopFirst(child, first) };
}

/** As engines do: one signal, to process 1 alone. What it has started is its own to end. */
async function stopFirst(child: Child, first: number): Promise<void> {
  const isAlive = (await Promise.race([child.exited, 'alive'])) === 'alive';
  if (isAlive) process.kill(first, 'SIGTERM');
  await Promise.race([child.exited, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  await child.stop();
}

const STOP_TIMEOUT_MS = 45_000;

/** What the image's HEALTHCHECK says of a program that was started in it. Throws when it is not well. */
export async function checkHealthInImage(
  image: MountedImage,
  running: Child,
  env: Readonly<Record<string, string>>,
) {
  const [, ...argv] = image.config.Healthcheck.Test;
  const first = await firstProcess(running.pid);
  const enter = ['--target', String(first), '--mount', '--pid', '--'];
  await promisify(execFile)('nsenter', [...enter, ...asUser(image, env, argv)], { timeout: 30_000 });
}

/** Runs something else inside, in the same surroundings. Answers with what it printed; throws when it fails. */
export async function runInImage(image: MountedImage, argv: readonly string[]): Promise<string> {
  const args = ['-c', OUTSIDE, INSIDE, ...inside(image, {}, {}, argv)];
  const { stdout } = await promisify(execFile)('/bin/sh', args, { timeout: 60_000 });
  return stdout.trim();
}

const INSIDE = `
root=$1; shift
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o size=16m,mode=1777 tmpfs "$root/tmp"
while [ "$1" != -- ]; do mount --bind "$2" "$root$1"; shift 2; done
shift
exec "$@"
`;

// The signal is meant for process 1 inside; those around it wait for it and hand on its exit code.
const OUTSIDE = `trap '' TERM INT; exec unshare --mount --pid --fork /bin/sh -ec "$0" inside "$@"`;

function inside(
  image: MountedImage,
  env: Readonly<Record<string, string>>,
  volumes: Readonly<Record<string, string>>,
  argv: readonly string[],
): string[] {
  const mounts = Object.entries(volumes).flat();
  return [image.root, ...mounts, '--', ...asUser(image, env, argv)];
}

function asUser(
  image: MountedImage,
  env: Readonly<Record<string, string>>,
  argv: readonly string[],
): string[] {
  const { User, Env, WorkingDir } = image.config;
  const variables = [...Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  return [
    ...['setpriv', '--no-new-privs', '--bounding-set=-all,+sys_chroot,+setuid,+setgid'],
    ...['chroot', `--userspec=${User}`, '--groups=', image.root],
    ...['env', '-i', `--chdir=${WorkingDir}`, ...variables, ...argv],
  ];
}

/** The process that is number 1 inside, by its number outside. */
async function firstProcess(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const child = Number.parseInt(children, 10);
  if (!(child > 0)) throw new Error(`process ${pid} has no child`);
  return child;
}
