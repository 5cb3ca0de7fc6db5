import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { commandLine } from '../command-line.ts';
import type { StateDir } from './state-dir.ts';

/**
 * One stack at a time uses a state folder. Whoever does says so in a file: its process, what that process was
 * started with (numbers of processes are used again), and, once it is up, where it can be reached.
 */
const claimSchema = z.object({ pid: z.number().int(), command: z.string(), apiUrl: z.string().nullable() });
type ClaimNote = z.infer<typeof claimSchema>;

export interface Claim {
  /** Tells others where the stack is reached. */
  announce(apiUrl: string): Promise<void>;
  release(): Promise<void>;
}

/** Throws when another living process holds the folder. A dead one's claim is taken over. */
export async function claimStateDir(dir: StateDir): Promise<Claim> {
  await mkdir(dir.root, { recursive: true });
  const note = { pid: process.pid, command: await commandLine(process.pid), apiUrl: null };
  if (!(await writeNew(dir.claim, note))) {
    await removeStaleClaim(dir);
    if (!(await writeNew(dir.claim, note))) throw await inUse(dir);
  }
  return {
    announce: (apiUrl) => replace(dir.claim, { ...note, apiUrl }),
    release: () => rm(dir.claim, { force: true }),
  };
}

/** Where the stack that uses this folder now is reached; `undefined` when none runs or it is not up yet. */
export async function findRunningStack(dir: StateDir): Promise<{ apiUrl: string } | undefined> {
  const note = await readNote(dir.claim);
  if (note === undefined || note.apiUrl === null || !(await isAlive(note))) return undefined;
  return { apiUrl: note.apiUrl };
}

async function removeStaleClaim(dir: StateDir): Promise<void> {
  // Moved aside before it is judged, so that of two who find it only one can throw it away.
  const aside = path.join(dir.root, `stack.json.${process.pid}`);
  if (!(await moved(dir.claim, aside))) return;
  const note = await readNote(aside);
  if (note !== undefined && (await isAlive(note))) {
    await rename(aside, dir.claim);
    throw await inUse(dir);
  }
  await rm(aside, { force: true });
}

async function inUse(dir: StateDir): Promise<Error> {
  const note = await readNote(dir.claim);
  const where = note?.apiUrl ? `, at ${note.apiUrl}` : '';
  return new Error(
    `A stack already runs here (process ${note?.pid ?? 'unknown'}${where}). Stop it first; its state is in ${dir.root}.`,
  );
}

async function isAlive(note: ClaimNote): Promise<boolean> {
  return (await commandLine(note.pid)) === note.command;
}

async function readNote(file: string): Promise<ClaimNote | undefined> {
  try {
    return claimSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function writeNew(file: string, note: ClaimNote): Promise<boolean> {
  try {
    await writeFile(file, JSON.stringify(note), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function replace(file: string, note: ClaimNote): Promise<void> {
  const fresh = `${file}.new`;
  await writeFile(fresh, JSON.stringify(note));
  await rename(fresh, file);
}

async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
