import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { commandLine } from './command-line.ts';

/**
 * The folder that takes a Postgres out of a `dataDir` its user cannot reach: below the system's temporary one,
 * under a name derived from `dataDir`.
 *
 * A note in `dataDir` says that it is in use, and a note in the folder says for whom. Where `dataDir` or its note
 * is gone, the folder has been forgotten: the next one who comes here removes it.
 */
export function elsewhereFor(dataDir: string): string {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  return path.join(os.tmpdir(), PREFIX + name);
}

/** Finds or makes the folder for `dataDir`, which exists. Only root needs it. */
export async function prepareElsewhere(dataDir: string): Promise<string> {
  await removeForgotten();
  const dir = elsewhereFor(dataDir);
  // Everyone may write to the temporary folder: only what root made there, and noted, is ours.
  const found = await lstat(dir).catch(() => undefined);
  if (found?.isDirectory() && found.uid === 0 && (await isRemembered(dataDir))) return dir;

  await rm(dir, { recursive: true, force: true });
  // The note comes first: without it the folder would count as forgotten.
  await writeFile(noteIn(dataDir), dir);
  await mkdir(dir, { mode: 0o711 });
  await writeFile(path.join(dir, 'for'), dataDir);
  return dir;
}

const PREFIX = 'millrace-postgres-';

async function removeForgotten(): Promise<void> {
  for (const name of await readdir(os.tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const dir = path.join(os.tmpdir(), name);
    const dataDir = await readFile(path.join(dir, 'for'), 'utf8').catch(() => undefined);
    if (dataDir === undefined || dir !== elsewhereFor(dataDir) || (await isRemembered(dataDir))) continue;
    if (!(await isInUse(dir))) await rm(dir, { recursive: true, force: true });
  }
}

async function isRemembered(dataDir: string): Promise<boolean> {
  return (await readFile(noteIn(dataDir), 'utf8').catch(() => undefined)) === elsewhereFor(dataDir);
}

async function isInUse(dir: string): Promise<boolean> {
  const pidFile = await readFile(path.join(dir, 'cluster/postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(pidFile, 10);
  return !Number.isNaN(pid) && (await commandLine(pid)).includes(dir);
}

function noteIn(dataDir: string): string {
  return path.join(dataDir, 'elsewhere');
}
