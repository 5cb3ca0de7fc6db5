import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { directConnection, migrationRunner } from './migration-runner.ts';
import { planMigrations, readMigrations } from './migrations.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { removePostgresData } from './postgres-home.ts';
import { repositoryRoot } from './stack/repository-root.ts';

const folder = path.join(repositoryRoot, 'migrations');

test('a pooled address of Neon becomes the direct one', () => {
  expect(directConnection('postgres://u:p-pooler.x@ep-calm-1-pooler.eu-central-1.aws.neon.tech/db')).toBe(
    'postgres://u:p-pooler.x@ep-calm-1.eu-central-1.aws.neon.tech/db',
  );
  expect(directConnection('postgres://u:p@db.example/films')).toBe('postgres://u:p@db.example/films');
});

describe('on a real database', () => {
  let root: string;
  let postgres: Postgres;
  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'millrace-deploy-'));
    postgres = await startPostgres({ dataDir: path.join(root, 'postgres'), port: await freePort() });
  });
  afterAll(async () => {
    await postgres.stop();
    await removePostgresData(path.join(root, 'postgres'));
    await rm(root, { recursive: true });
  });

  test('goes up to a migration and no further, again without harm, and says what is applied', async () => {
    const all = await readMigrations(folder);
    const [first, , third] = all;
    const last = all.at(-1);
    if (!first || !third || !last) throw new Error('three migrations are there at least');
    const runner = migrationRunner(postgres.url, folder);
    expect(await runner.applied()).toEqual([]);
    await runner.upTo(first);
    await runner.upTo(first);
    expect(await runner.applied()).toEqual([first.when]);
    await runner.upTo(last);
    await runner.upTo(third);
    expect(await runner.applied()).toEqual(all.map(({ when }) => when));
    expect(planMigrations(all, await runner.applied())).toEqual({ before: [], after: [] });
  });
});
