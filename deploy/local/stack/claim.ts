import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { commandLine } from '../command-line.ts';
import { waitUntil } from '../wait-until.ts';
import type { StateDir } from './state-dir.ts';

/**
 * One stack at a time uses a state folder. Whoever does says so in a file: its process, what that process was
 * started with (numbers of processes are used again), and, once it is up, where it can be reached.
 */
const claimSchema = z.object({ pid: z.number().int(), command: z.string(), apiUrl: z.string().nullable() });
type ClaimNote = z.infer<typeof claimSchema>;

/** Looking and writing take milliseconds: a turn this old belongs to a process that was killed in the middle. */
const longestTurnMs = 5_000;

export interface Claim {
  /** Tells others where the stack is reached. */
  announce(apiUrl: string): Promise<void>;
  release(): Promise<void>;
}

/** Throws when another living process holds the folder. A dead one's claim is taken over. */
export async function claimStateDir(dir: StateDir): Promise<Claim> {
  await mkdir(dir.root, { recursive: true });
  const note: ClaimNote = { pid: process.pid, command: await commandLine(process.pid), apiUrl: null };
  await oneAtATime(`${dir.claim}.turn`, async () => {
    const holder = await readNote(dir.claim);
    if (holder !== undefined && (await isAlive(holder))) throw inUse(dir, holder);
    await write(dir.claim, note);
  });
  return {
    announce: (apiUrl) => write(dir.claim, { ...note, apiUrl }),
    release: () => rm(dir.claim, { force: true }),
  };
}

/** Where the stack that uses this folder now is reached; `undefined` when none runs or it is not up yet. */
export async function findRunningStack(dir: StateDir): Promise<{ apiUrl: string } | undefined> {
  const note = await readNote(dir.claim);
  if (note === undefined || note.apiUrl === null || !(await isAlive(note))) return undefined;
  return { apiUrl: note.apiUrl };
}

// A folder can be made by one process only, whichever file system it is on.
async function oneAtATime(turn: string, work: () => Promise<void>): Promise<void> {
  const isMine = await waitUntil(async () => {
    if (await madeFolder(turn)) return true;
    const found = await stat(turn).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > longestTurnMs)
      await rm(turn, { recursive: true });
    return false;
  }, 2 * longestTurnMs);
  if (!isMine) throw new Error(`${turn} is in the way. Remove it if no stack is starting.`);
  try {
    await work();
  } finally {
    await rm(turn, { recursive: true, force: true });
  }
}

function inUse(dir: StateDir, { pid, apiUrl }: ClaimNote): Error {
  const where = apiUrl === null ? '' : `, at ${apiUrl}`;
  return new Error(
    `A stack already runs here (process ${pid}${where}). Stop it first; its state is in ${dir.root}.`,
  );
}

async function isAlive(note: ClaimNote): Promise<boolean> {
  return (await commandLine(note.pid)) === note.command;
}

// A note that cannot be read is no claim.
async function readNote(file: string): Promise<ClaimNote | undefined> {
  try {
    return claimSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function write(file: string, note: ClaimNote): Promise<void> {
  const fresh = `${file}.new`;
  await writeFile(fresh, JSON.stringify(note));
  await rename(fresh, file);
}

async function madeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
