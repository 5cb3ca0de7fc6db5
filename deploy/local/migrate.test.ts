import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { migrate } from './migrate.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { removePostgresData } from './postgres-home.ts';
import { migrationsFolder } from './testing/migrations-folder.ts';

let root: string;
let postgres: Postgres;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'millrace-migrate-'));
  postgres = await startPostgres({ dataDir: path.join(root, 'postgres'), port: await freePort() });
});
afterAll(async () => {
  await postgres.stop();
  await removePostgresData(path.join(root, 'postgres'));
  await rm(root, { recursive: true });
});

test('each migration is applied once, however often and by however many at once', async () => {
  const folder = await migrationsFolder(root, ['create table films (id int)']);
  await Promise.all([migrate(postgres.url, folder), migrate(postgres.url, folder)]);
  await migrate(postgres.url, folder);
  expect(await tables()).toEqual(['films']);

  const newer = await migrationsFolder(root, ['create table films (id int)', 'create table actors (id int)']);
  await migrate(postgres.url, newer);
  expect(await tables()).toEqual(['actors', 'films']);
});

test('a folder without migrations is named', async () => {
  const empty = path.join(root, 'empty');
  await mkdir(empty);
  await expect(migrate(postgres.url, empty)).rejects.toThrow(`${empty} holds no migrations`);
});

test('a migration that fails is told, and leaves nothing behind', async () => {
  const folder = await migrationsFolder(root, [
    'create table films (id int)',
    'create table actors (id int)',
    'create table half (id int);\n--> statement-breakpoint\nselect nonsense',
  ]);
  await expect(migrate(postgres.url, folder)).rejects.toThrow();
  expect(await tables()).toEqual(['actors', 'films']);
});

async function tables(): Promise<string[]> {
  const client = new pg.Client(postgres.url);
  await client.connect();
  const found = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
  );
  await client.end();
  return found.rows.map(({ name }) => name);
}
