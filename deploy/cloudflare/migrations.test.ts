import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@millrace/local/free-port.ts';
import { type Postgres, startPostgres } from '@millrace/local/postgres.ts';
import { removePostgresData } from '@millrace/local/postgres-home.ts';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { directConnection, migrationRunner, planMigrations, readMigrations } from './migrations.ts';
import { contract, expand } from './testing/world.ts';

const folder = path.join(repositoryRoot, 'migrations');

describe('which migrations go when', () => {
  const tags = (plan: { before: { tag: string }[]; after: { tag: string }[] }) => [
    plan.before.map(({ tag }) => tag),
    plan.after.map(({ tag }) => tag),
  ];

  test('an empty database gets all of them before: no version runs on it', () => {
    const plan = planMigrations([expand(1), contract(2), expand(3)], []);
    expect(tags(plan)).toEqual([['0001_more', '0002_less', '0003_more'], []]);
  });

  test('expanding ones go before, contracting ones after; applied ones not at all', () => {
    expect(tags(planMigrations([expand(1), expand(2), contract(3)], [1]))).toEqual([
      ['0002_more'],
      ['0003_less'],
    ]);
    expect(tags(planMigrations([expand(1), contract(2)], [1, 2]))).toEqual([[], []]);
    expect(tags(planMigrations([expand(1), contract(2)], [1]))).toEqual([[], ['0002_less']]);
  });

  test('two releases at once are refused, and the one in between is named', () => {
    expect(() => planMigrations([expand(1), contract(2), expand(3)], [1])).toThrow(
      /0002_less can run only after.*0003_more comes after it/,
    );
  });
});

test('what takes something away from a running version is marked as contracting', async () => {
  // What the first release brought ran on empty databases alone.
  const [, , firstRelease] = await readMigrations(folder);
  const later = (await readMigrations(folder)).filter(({ when }) => when > (firstRelease?.when ?? 0));
  const taking =
    /\b(drop\s+(table|column|constraint)|rename\s+(to|column)|set\s+not\s+null|set\s+data\s+type)\b/i;
  for (const { tag, phase } of later) {
    const sql = await readFile(path.join(folder, `${tag}.sql`), 'utf8');
    const commentless = sql.replace(/--(?!>).*$/gm, '');
    const takes = taking.test(commentless) && !/^-- expand: \S/m.test(sql);
    expect([tag, takes && phase === 'expand']).toEqual([tag, false]);
  }
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql'));
  expect((await readMigrations(folder)).map(({ tag }) => `${tag}.sql`).sort()).toEqual(files.sort());
});

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
