import { execFile } from 'node:child_process';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { postgresBinaries } from './postgres-binaries.ts';
import { elsewhereFor, prepareElsewhere } from './postgres-elsewhere.ts';
import { canReach, type SystemUser, unprivilegedUser } from './system-user.ts';

/**
 * Where one Postgres lives.
 *
 * Postgres refuses to run as root. When we are root, another user runs it, and that user may be unable to reach
 * the checkout (below `/root`, say). Then the cluster, and the programs if need be, go elsewhere.
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
