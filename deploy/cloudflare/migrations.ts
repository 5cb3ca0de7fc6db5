import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrate } from '@millrace/local/migrate.ts';
import pg from 'pg';
import { z } from 'zod';

/*
 * Migrations are forward-only SQL and run in their order. Each is one of two kinds:
 *
 *   expand     what the version that runs now does not notice: it goes before the deployment
 *   contract   what only the new version can live with: it goes after the deployment has passed its check.
 *              Such a file says so in a line of its own: -- contract: why
 */

export interface Migration {
  tag: string;
  /** Milliseconds since the epoch, drizzle's name for it: what is applied is known by it. */
  when: number;
  phase: 'expand' | 'contract';
}

export interface MigrationPlan {
  before: Migration[];
  after: Migration[];
}

const journalSchema = z.object({
  entries: z.array(z.object({ tag: z.string().regex(/^[\w-]+$/), when: z.number() })),
});

export async function readMigrations(folder: string): Promise<Migration[]> {
  const { entries } = await readJournal(folder);
  return Promise.all(
    entries.map(async ({ tag, when }) => {
      const sql = await readFile(path.join(folder, `${tag}.sql`), 'utf8');
      return { tag, when, phase: /^-- contract: \S/m.test(sql) ? 'contract' : 'expand' };
    }),
  );
}

/**
 * Which migrations go before the deployment and which after its check. An empty database gets all of them before:
 * no version runs on it. Throws where an expanding one stands behind a contracting one that has not run: that is
 * two releases at once, and the version that runs now would not survive the first of them.
 */
export function planMigrations(all: readonly Migration[], appliedWhen: readonly number[]): MigrationPlan {
  const newest = Math.max(Number.NEGATIVE_INFINITY, ...appliedWhen);
  const pending = all.filter(({ when }) => when > newest);
  if (appliedWhen.length === 0) return { before: pending, after: [] };
  const contracting = pending.findIndex(({ phase }) => phase === 'contract');
  if (contracting === -1) return { before: pending, after: [] };
  const after = pending.slice(contracting);
  const tooFar = after.find(({ phase }) => phase === 'expand');
  if (tooFar)
    throw new Error(
      `The database is more than one release behind: ${after[0]?.tag} can run only after the release that brought it ` +
        `is deployed, and ${tooFar.tag} comes after it. Deploy the release in between first.`,
    );
  return { before: pending.slice(0, contracting), after };
}

export interface MigrationRunner {
  /** When each applied migration was made; empty for an empty database. */
  applied(): Promise<number[]>;
  /** Brings the database up to this migration. What is applied already is left alone. */
  upTo(last: Migration): Promise<void>;
}

const CONNECT_WITHIN_MS = 10_000;

/** Over Postgres's own protocol, and not through a pooler: migrating holds a lock that belongs to its connection. */
export function migrationRunner(databaseUrl: string, folder: string): MigrationRunner {
  const url = directConnection(databaseUrl);
  return {
    async applied() {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_WITHIN_MS });
      await client.connect();
      try {
        const table = await client.query<{ name: string | null }>(
          `select to_regclass('drizzle.__drizzle_migrations') as name`,
        );
        if (!table.rows[0]?.name) return [];
        const rows = await client.query<{ at: string }>(
          'select created_at as at from drizzle.__drizzle_migrations order by created_at',
        );
        return rows.rows.map(({ at }) => Number(at));
      } finally {
        await client.end();
      }
    },
    async upTo(last) {
      const some = await folderUpTo(folder, last);
      try {
        await migrate(url, some);
      } finally {
        await rm(some, { recursive: true, force: true });
      }
    },
  };
}

/** Neon's pooled hosts are ep-NAME-pooler.…; without that it is the same database, directly. */
export function directConnection(databaseUrl: string): string {
  return databaseUrl.replace(/(@[^./]+)-pooler\./, '$1.');
}

/** A folder of migrations that ends with one of them. */
async function folderUpTo(folder: string, last: Migration): Promise<string> {
  const some = await mkdtemp(path.join(tmpdir(), 'millrace-migrations-'));
  const { entries, ...rest } = await readJournal(folder);
  const kept = entries.filter(({ when }) => when <= last.when);
  await mkdir(path.join(some, 'meta'));
  await writeFile(path.join(some, 'meta/_journal.json'), JSON.stringify({ ...rest, entries: kept }));
  for (const { tag } of kept) await copyFile(path.join(folder, `${tag}.sql`), path.join(some, `${tag}.sql`));
  return some;
}

async function readJournal(folder: string) {
  const text = await readFile(path.join(folder, 'meta/_journal.json'), 'utf8');
  return z
    .looseObject({ entries: z.array(z.looseObject(journalSchema.shape.entries.element.shape)) })
    .parse(JSON.parse(text));
}
