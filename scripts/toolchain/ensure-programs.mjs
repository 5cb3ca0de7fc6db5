import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { withSetUpLock } from './set-up-lock.mjs';
import { SetUpError, step } from './step.mjs';

const ffmpeg = { names: ['ffmpeg'], apt: 'ffmpeg', dnf: 'ffmpeg', brew: 'ffmpeg' };
const ffprobe = { ...ffmpeg, names: ['ffprobe'] };
const redis = { names: ['redis-server'], apt: 'redis-server', dnf: 'redis', brew: 'redis' };
const chromium = {
  names: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
  variable: 'CHROMIUM_PATH',
  apt: 'chromium',
  dnf: 'chromium',
  brew: 'chromium',
};

/** What `npm run check:deploy` needs beside these. debootstrap is for root, and lies where only root looks. */
const rootFolders = ['/usr/sbin', '/sbin'];
const deployment = [
  { names: ['buildah'], apt: 'buildah' },
  { names: ['debootstrap'], apt: 'debootstrap', folders: rootFolders },
  { names: ['promtool'], apt: 'prometheus' },
  { names: ['amtool'], apt: 'prometheus-alertmanager' },
];

/**
 * The programs that come from the operating system. As root on Debian or Ubuntu the missing ones are
 * installed; elsewhere the exact line to type is in the error.
 *
 * @returns {Promise<Record<string, string>>} variables that tell the program where they are
 */
export async function ensurePrograms(root, { browser, deploy }) {
  if (deploy) await installOptional(root);
  const wanted = [ffmpeg, ffprobe, redis, ...(browser ? [chromium] : [])];
  if (missingOf(wanted).length > 0) await withSetUpLock(root, () => install(root, missingOf(wanted)));
  const stillMissing = missingOf(wanted);
  if (stillMissing.length > 0) throw new SetUpError(installMessage(stillMissing));
  const chromiumPath = find(chromium);
  return chromiumPath ? { CHROMIUM_PATH: chromiumPath } : {};
}

/** A check that needs one of these is left out without it, and says so; the line here tells how to have them all. */
async function installOptional(root) {
  const missing = () => missingOf(deployment);
  try {
    if (missing().length > 0) await withSetUpLock(root, () => install(root, missing()));
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(error.message);
  }
  if (missing().length === 0) return;
  const packages = packagesOf(missing(), 'apt').join(' ');
  console.error(
    `Some checks of the deployment are left out. For all of them: sudo apt-get install ${packages}`,
  );
}

function missingOf(programs) {
  return programs.filter((program) => !find(program));
}

function find(program) {
  const named = program.variable ? process.env[program.variable] : undefined;
  if (named) return named;
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...(program.folders ?? [])];
  return program.names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function install(root, missing) {
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  const packages = packagesOf(missing, 'apt');
  // Programs are wanted; the services that some packages bring are not to start.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  await step(root, `Installing ${packages.join(', ')} with apt-get`, [
    // Old package lists often suffice, and the second command says what is wrong when they do not.
    { command: 'apt-get', args: ['update'], env, needed: false },
    { command: 'apt-get', args: ['install', '-y', '--no-install-recommends', ...wait, ...packages], env },
  ]);
}

function packagesOf(programs, manager) {
  return [...new Set(programs.map((program) => program[manager]))];
}

function installMessage(missing) {
  const line = (manager) => packagesOf(missing, manager).join(' ');
  return [
    `Millrace needs what this machine does not have yet: ${packagesOf(missing, 'apt').join(', ')}.`,
    'Install it, then run the command again:',
    '',
    `  Debian, Ubuntu  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${line('apt')}`,
    `  Fedora          sudo dnf install -y ${line('dnf')}`,
    `  macOS           brew install ${line('brew')}`,
  ].join('\n');
}
