import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@millrace/local/free-port.ts';
import { migrate } from '@millrace/local/migrate.ts';
import { type Postgres, startPostgres } from '@millrace/local/postgres.ts';
import { removePostgresData } from '@millrace/local/postgres-home.ts';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import { migrationsFolder } from '@millrace/local/testing/migrations-folder.ts';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { CONTRACT_WITH, contract, expand } from './run-migrations.ts';

/*
 * Three releases of an installation: the first has films with a title; the second gives them a name and takes the title
 * away once it is everywhere; the third adds actors.
 */
const TITLE = 'create table films (title text)';
const NAME = 'alter table films add column name text';
const NO_TITLE = '-- contract: the second release reads the name\nalter table films drop column title';
const ACTORS = 'create table actors (name text)';

let root: string;
let postgres: Postgres;
let first: string;
let second: string;
let third: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'millrace-contract-'));
  postgres = await startPostgres({ dataDir: path.join(root, 'postgres'), port: await freePort() });
  first = await migrationsFolder(root, [TITLE]);
  second = await migrationsFolder(root, [TITLE, NAME, NO_TITLE]);
  third = await migrationsFolder(root, [TITLE, NAME, NO_TITLE, ACTORS]);
});
afterAll(async () => {
  await postgres.stop();
  await removePostgresData(path.join(root, 'postgres'));
  await rm(root, { recursive: true });
});

let url: string;
let client: pg.Client;
let lines: Record<string, unknown>[];
const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) });

beforeEach(async () => {
  lines = [];
  const admin = new pg.Client(postgres.url);
  await admin.connect();
  const name = `contract_${randomUUID().replaceAll('-', '')}`;
  await admin.query(`create database ${name}`);
  await admin.end();
  url = Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href;
  client = new pg.Client(url);
  await client.connect();
});
afterEach(() => client.end());

test('an upgrade only adds, and says what waits; what takes away runs when it is told to', async () => {
  await migrate(url, first);
  await expand(url, log, second);
  expect(await columns()).toEqual(['films.name', 'films.title']);
  expect(lines.map(({ migrations }) => migrations)).toEqual([['0001_step'], ['0002_step']]);
  expect(lines[1]).toMatchObject({ level: 40, msg: expect.stringContaining(CONTRACT_WITH.compose) });
  expect(lines[1]).toMatchObject({ msg: expect.stringContaining(CONTRACT_WITH.kubernetes) });

  await contract(url, log, second);
  expect(await columns()).toEqual(['films.name']);
  await expand(url, log, third);
  expect(await columns()).toEqual(['actors.name', 'films.name']);
  expect(lines.slice(2).map(({ migrations }) => migrations)).toEqual([['0002_step'], ['0003_step']]);
});

test('an empty database gets everything at once: no version runs on it', async () => {
  await expand(url, log, third);
  expect(await columns()).toEqual(['actors.name', 'films.name']);
  await contract(url, log, third);
  expect(lines.at(-1)).toEqual({ level: 30, msg: 'this version has no migration that waits to contract' });
});

test('whoever forgot the second step is told at the next release, and goes on once it is done', async () => {
  await migrate(url, first);
  await expand(url, log, second);
  const upgrade = expand(url, log, third);
  await expect(upgrade).rejects.toThrow(/^0002_step must run before 0003_step does.*Nothing was changed/);
  await expect(upgrade).rejects.toThrow(CONTRACT_WITH.compose);
  await expect(upgrade).rejects.toThrow(CONTRACT_WITH.kubernetes);
  expect(await columns()).toEqual(['films.name', 'films.title']);

  // Either release's image will do.
  await contract(url, log, third);
  expect(await columns()).toEqual(['films.name']);
  await expand(url, log, third);
  expect(await columns()).toEqual(['actors.name', 'films.name']);
});

test('two releases at once are refused, by either step', async () => {
  await migrate(url, first);
  await expect(expand(url, log, third)).rejects.toThrow('Deploy the release in between first');
  await expect(contract(url, log, third)).rejects.toThrow('0001_step expands and has not run');
  expect(await columns()).toEqual(['films.title']);
});

test('the second step before the first is refused', async () => {
  await migrate(url, first);
  await expect(contract(url, log, second)).rejects.toThrow('upgrade to it first');
  await expect(contract(url, log, second)).rejects.toThrow('Nothing was changed');
  expect(await columns()).toEqual(['films.title']);
});

test('pods of one release that start at once do it once', async () => {
  await migrate(url, first);
  await Promise.all([expand(url, log, second), expand(url, log, second), expand(url, log, first)]);
  expect(await columns()).toEqual(['films.name', 'films.title']);
  const ran = lines.filter(({ msg }) => msg === 'migrated').map(({ migrations }) => migrations);
  expect(ran).toEqual([['0001_step']]);
});

test('one that comes while another runs decides by what that one leaves', async () => {
  await migrate(url, first);
  await expand(url, log, second);
  const reader = new pg.Client(url);
  await reader.connect();
  await reader.query('begin; lock table films in access share mode');
  const contracting = contract(url, log, second);
  await expect.poll(waiting, { timeout: 10_000 }).toBe(1);
  // Refused if it looked at the database now.
  const upgrading = expand(url, log, third);
  await expect.poll(waiting, { timeout: 10_000 }).toBe(2);
  await reader.end();
  await Promise.all([contracting, upgrading]);
  expect(await columns()).toEqual(['actors.name', 'films.name']);
});

test('the program takes the step from its command line', async () => {
  expect(await program('contract')).toEqual([1, expect.stringContaining('upgrade to it first')]);
  expect(await program()).toEqual([0, expect.stringContaining('"msg":"migrated"')]);
  expect(await program('contract')).toEqual([0, expect.stringContaining('no migration that waits')]);
  expect(await program('contracts')).toEqual([2, expect.stringContaining('usage: migrate [contract]')]);
});

test('the documentation has the commands that the program names', async () => {
  const page = await readFile(path.join(repositoryRoot, 'docs/operations.md'), 'utf8');
  const commands = page.split('\n').map((line) => line.trim());
  for (const command of Object.values(CONTRACT_WITH)) expect(commands).toContain(command);
});

async function columns(): Promise<string[]> {
  const found = await client.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = 'public' order by 1`,
  );
  return found.rows.map(({ name }) => name);
}

/** Its exit code, and what it printed. */
function program(...args: string[]): Promise<[number, string]> {
  const command = ['--disable-warning=ExperimentalWarning', 'deploy/services/main.ts', 'migrate', ...args];
  const options = {
    cwd: repositoryRoot,
    // A container has no disk to write to.
    env: { DATABASE_URL: url, ENVIRONMENT: 'local', TMPDIR: '/nonexistent' },
    timeout: 30_000,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, command, options, (error, stdout) => {
      resolve([typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout]);
    });
  });
}

/** How many sessions wait for a lock of this database. */
async function waiting(): Promise<number> {
  const found = await client.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return found.rows[0]?.n ?? 0;
}
