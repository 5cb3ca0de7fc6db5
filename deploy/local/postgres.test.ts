import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commandLine } from './command-line.ts';
import { freePort } from './free-port.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { elsewhereFor } from './postgres-elsewhere.ts';
import { preparePostgresHome, removePostgresData } from './postgres-home.ts';
import { waitUntil } from './wait-until.ts';

// Readable by its owner alone: as root, Postgres runs as another user and must find a home elsewhere.
let root: string;
let dataDir: string;
let running: Postgres[];

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'millrace-postgres-test-'));
  dataDir = path.join(root, 'state', 'postgres');
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((postgres) => postgres.stop()));
  await removePostgresData(dataDir);
  await rm(root, { recursive: true });
});

test('what was committed is found again after a stop and after kill -9, and forgotten when fresh', async () => {
  const first = await start();
  await query(first.url, 'create table kept (word text)');
  await query(first.url, "insert into kept values ('first')");
  await first.stop();

  const second = await start();
  await query(second.url, "insert into kept values ('second')");
  const bystander = await killAndReusePid();

  const third = await start();
  bystander.kill();
  expect(await query(third.url, 'select word from kept')).toEqual([{ word: 'first' }, { word: 'second' }]);
  await third.stop();

  // What «--fresh» does: whoever only removes the state folder has still forgotten everything.
  await rm(path.join(root, 'state'), { recursive: true });
  const fresh = await start();
  expect(await query(fresh.url, "select to_regclass('kept') as found")).toEqual([{ found: null }]);
});

test('it listens on the loopback address alone, speaks UTC, and shares neither port nor data', async () => {
  const { url } = await start();
  const rows = await query(
    url,
    `select current_setting('listen_addresses') as listens, current_setting('timezone') as zone,
      current_database() as database, current_setting('server_encoding') as encoding, 'Z' < 'a' as by_code_point`,
  );
  expect(rows).toEqual([
    { listens: '127.0.0.1', zone: 'UTC', database: 'millrace', encoding: 'UTF8', by_code_point: true },
  ]);

  const other = path.join(root, 'other');
  const onTheSamePort = startPostgres({ dataDir: other, port: Number(new URL(url).port) });
  await expect(onTheSamePort).rejects.toThrow(/could not bind IPv4 address/);
  await removePostgresData(other);
  await expect(start()).rejects.toThrow(/another Postgres is running on/);
});

test('as root, programs that the other user cannot reach are copied to where he can', async () => {
  const home = await preparePostgresHome(dataDir, async () => false);
  const initdb = await stat(path.join(home.binDir, 'initdb'));
  expect(initdb.mode & 0o111).toBe(0o111);
  const isRoot = process.getuid?.() === 0;
  expect(home.binDir.startsWith(os.tmpdir())).toBe(isRoot);
  expect(home.clusterDir.startsWith(dataDir)).toBe(!isRoot);
});

test('as root, what was forgotten elsewhere is removed by the next one who comes there', async () => {
  await preparePostgresHome(path.join(root, 'forgotten'));
  const elsewhere = elsewhereFor(path.join(root, 'forgotten'));
  expect(existsSync(elsewhere)).toBe(process.getuid?.() === 0);
  await rm(path.join(root, 'forgotten'), { recursive: true });

  await preparePostgresHome(dataDir);

  expect(existsSync(elsewhere)).toBe(false);
});

test('what a stranger put in its place is not taken for the data', async () => {
  await preparePostgresHome(dataDir);
  const elsewhere = elsewhereFor(dataDir);
  await rm(elsewhere, { recursive: true, force: true });
  await mkdir(path.join(elsewhere, 'cluster'), { recursive: true });
  if (process.getuid?.() === 0) await chown(elsewhere, 65_534, 65_534);

  expect((await preparePostgresHome(dataDir)).isNew).toBe(true);
});

/** Kills the server and gives the number in its left-over pid file to another process of the same user. */
async function killAndReusePid(): Promise<ChildProcess> {
  const { clusterDir, owner } = await preparePostgresHome(dataDir);
  const pidFile = path.join(clusterDir, 'postmaster.pid');
  const left = await readFile(pidFile, 'utf8');
  const pid = Number.parseInt(left, 10);
  process.kill(pid, 'SIGKILL');
  expect(await waitUntil(async () => (await commandLine(pid)) === '', 5_000)).toBe(true);

  const bystander = spawn('sleep', ['60'], { ...owner });
  await writeFile(pidFile, left.replace(/^\d+/, String(bystander.pid)));
  return bystander;
}

async function start(): Promise<Postgres> {
  const postgres = await startPostgres({ dataDir, port: await freePort() });
  running.push(postgres);
  return postgres;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
