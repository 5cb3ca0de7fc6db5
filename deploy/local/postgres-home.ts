import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { postgresBinaries } from './postgres-binaries.ts';
import { canReach, type SystemUser, unprivilegedUser } from './system-user.ts';

/**
 * Where one Postgres lives.
 *
 * Postgres refuses to run as root. When we are root, another user runs it, and that user may be unable to reach
 * the checkout (below `/root`, say). Then the cluster, and the programs if need be, go to a folder under the
 * system's temporary one, whose name is derived from `dataDir`. A note in `dataDir` says so: what lies there
 * without a note has been forgotten, and is removed.
 */
export interface PostgresHome {
  clusterDir: string;
  binDir: string;
  /** Who runs it, when that is not ourselves. */
  owner?: SystemUser;
  /** There is no cluster yet. */
  isNew: boolean;
}

/** Finds or makes the home of the Postgres on `dataDir`. `reaches` is asked only when we are root. */
export async function preparePostgresHome(dataDir: string, reaches = canReach): Promise<PostgresHome> {
  await mkdir(dataDir, { recursive: true });
  const binaries = postgresBinaries();
  const here = path.join(dataDir, 'cluster');
  const programs = path.join(binaries.dir, 'bin');
  if (process.getuid?.() !== 0) {
    return { clusterDir: here, binDir: programs, isNew: !(await exists(here)) };
  }

  const user = await unprivilegedUser();
  const staysHere = await reaches(user, dataDir);
  const runsHere = await reaches(user, programs);
  const elsewhere = staysHere && runsHere ? undefined : await prepareElsewhere(dataDir);
  const clusterDir = elsewhere === undefined || staysHere ? here : path.join(elsewhere, 'cluster');
  const binDir = elsewhere === undefined || runsHere ? programs : await copyPrograms(elsewhere);
  const found = await stat(clusterDir).catch(() => undefined);
  // Postgres insists that a cluster is run by whoever owns it.
  const owner = found === undefined ? user : { uid: found.uid, gid: found.gid };
  return { clusterDir, binDir, owner, isNew: found === undefined };
}

/** Forgets all that a Postgres on `dataDir` has kept, wherever it is. Stop it first. */
export async function removePostgresData(dataDir: string): Promise<void> {
  const resolved = path.resolve(dataDir);
  await rm(elsewhereFor(resolved), { recursive: true, force: true });
  await rm(resolved, { recursive: true, force: true });
}

function elsewhereFor(dataDir: string): string {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  return path.join(os.tmpdir(), `millrace-postgres-${name}`);
}

async function prepareElsewhere(dataDir: string): Promise<string> {
  const dir = elsewhereFor(dataDir);
  const note = path.join(dataDir, 'elsewhere');
  const noted = (await readFile(note, 'utf8').catch(() => undefined)) === dir;
  const found = await lstat(dir).catch(() => undefined);
  // Everyone may write to the temporary folder: only what root made there is ours.
  if (noted && found?.isDirectory() && found.uid === 0) return dir;

  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { mode: 0o711 });
  await writeFile(note, dir);
  return dir;
}

async function copyPrograms(elsewhere: string): Promise<string> {
  const { dir, version } = postgresBinaries();
  const copy = path.join(elsewhere, `postgres-${version}`);
  if (!(await exists(copy))) {
    await rm(`${copy}.new`, { recursive: true, force: true });
    // A thousand small files: the system's own cp is several times faster than Node's.
    await promisify(execFile)('cp', ['-RP', dir, `${copy}.new`]);
    await rename(`${copy}.new`, copy);
  }
  return path.join(copy, 'bin');
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}
