import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commandLine } from '../command-line.ts';
import { claimStateDir, findRunningStack } from './claim.ts';
import { type StateDir, stateDirAt } from './state-dir.ts';

let dir: StateDir;

beforeEach(async () => {
  dir = stateDirAt(await mkdtemp(path.join(tmpdir(), 'millrace-claim-')));
});
afterEach(() => rm(dir.root, { recursive: true, force: true }));

test('a second stack is refused, and told where the first one is', async () => {
  const claim = await claimStateDir(dir);
  await expect(claimStateDir(dir)).rejects.toThrow(`process ${process.pid}`);
  await claim.announce('http://127.0.0.1:8080');
  await expect(claimStateDir(dir)).rejects.toThrow('at http://127.0.0.1:8080');
  await claim.release();
  await (await claimStateDir(dir)).release();
});

test('a stack is found once it is up, and no longer when it has ended', async () => {
  expect(await findRunningStack(dir)).toBeUndefined();
  const claim = await claimStateDir(dir);
  expect(await findRunningStack(dir)).toBeUndefined();
  await claim.announce('http://127.0.0.1:8080');
  expect(await findRunningStack(dir)).toEqual({ apiUrl: 'http://127.0.0.1:8080' });
  await claim.release();
  expect(await findRunningStack(dir)).toBeUndefined();
});

test('the claim of a process that is gone is taken over', async () => {
  const gone = await pidOfTheDead();
  await writeFile(dir.claim, JSON.stringify({ pid: gone, command: 'node dev.ts', apiUrl: 'http://x' }));
  expect(await findRunningStack(dir)).toBeUndefined();
  await (await claimStateDir(dir)).release();
});

test('the claim of a dead process whose number another one has now is taken over', async () => {
  const note = { pid: process.pid, command: `${await commandLine(process.pid)} --another`, apiUrl: null };
  await writeFile(dir.claim, JSON.stringify(note));
  await (await claimStateDir(dir)).release();
});

test('of many who find a stale claim one gets it', async () => {
  const gone = await pidOfTheDead();
  await writeFile(dir.claim, JSON.stringify({ pid: gone, command: 'node dev.ts', apiUrl: null }));
  const claims = await Promise.allSettled(Array.from({ length: 8 }, () => claimStateDir(dir)));
  expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a process that was killed while it claimed is in nobody’s way', async () => {
  const turn = `${dir.claim}.turn`;
  await mkdir(turn);
  await utimes(turn, new Date(0), new Date(0));
  await (await claimStateDir(dir)).release();
});

async function pidOfTheDead(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? 0;
}
