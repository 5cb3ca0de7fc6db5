import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Migration, planMigrations, readMigrations } from './migrations.ts';
import { repositoryRoot } from './stack/repository-root.ts';

const folder = path.join(repositoryRoot, 'migrations');

const expand = (when: number): Migration => ({ tag: `000${when}_more`, when, phase: 'expand' });
const contract = (when: number): Migration => ({ tag: `000${when}_less`, when, phase: 'contract' });

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
