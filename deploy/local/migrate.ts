import { existsSync } from 'node:fs';
import path from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { NodePgSession } from 'drizzle-orm/node-postgres';
import { PgDialect } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { type Migration, pendingMigrations, readMigrations } from './migrations.ts';

const MIGRATIONS = path.resolve(import.meta.dirname, '../../migrations');
/** Any number, as long as every migrator takes the same. */
const LOCK = 7_246_723;
const CONNECT_WITHIN_MS = 10_000;
/** How long another migrator may take. */
const TURN_WITHIN = '15min';
/** A change that waits for a table holds up everybody who comes after it: better to be tried again. Files may say otherwise. */
const LOCK_WITHIN = '30s';

/** Which of the migrations to run, of those that have not: the first ones, in their order. Throws to run none. */
export type Choose = (all: readonly Migration[], appliedWhen: readonly number[]) => Migration[];

/**
 * Brings a database up to the newest of the checkout's migrations, or runs those that are chosen: all of them or none.
 * Of several that migrate at once one does the work and the others wait; each chooses by what is applied once it is its
 * turn. Answers with what it ran. Nothing is written to a disk.
 */
export async function migrate(
  databaseUrl: string,
  folder = MIGRATIONS,
  choose: Choose = pendingMigrations,
): Promise<Migration[]> {
  const journal = path.join(folder, 'meta/_journal.json');
  if (!existsSync(journal)) throw new Error(`${folder} holds no migrations: ${journal} is missing`);
  const all = await readMigrations(folder);
  return connected(databaseUrl, async (client) => {
    await client.query(`set lock_timeout = '${TURN_WITHIN}'`);
    // Ends with the connection, whatever happens.
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(`set lock_timeout = '${LOCK_WITHIN}'`);
    const chosen = choose(all, await readApplied(client));
    const last = chosen.at(-1);
    if (last) await runUpTo(client, folder, last);
    return chosen;
  });
}

/** When each applied migration was made; empty for an empty database. */
export function appliedMigrations(databaseUrl: string): Promise<number[]> {
  return connected(databaseUrl, readApplied);
}

async function connected<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_WITHIN_MS });
  // A connection that is lost fails what waits for it.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function readApplied(client: pg.Client): Promise<number[]> {
  const table = await client.query<{ name: string | null }>(
    `select to_regclass('drizzle.__drizzle_migrations') as name`,
  );
  if (!table.rows[0]?.name) return [];
  const rows = await client.query<{ at: string }>(
    'select created_at as at from drizzle.__drizzle_migrations order by created_at',
  );
  return rows.rows.map(({ at }) => Number(at));
}

/** In one transaction. drizzle's own `migrate` takes a whole folder; a part of one needs its dialect. */
async function runUpTo(client: pg.Client, folder: string, last: Migration): Promise<void> {
  const config = { migrationsFolder: folder };
  const files = readMigrationFiles(config).filter(({ folderMillis }) => folderMillis <= last.when);
  const dialect = new PgDialect();
  await dialect.migrate(files, new NodePgSession(client, dialect, undefined), config);
}
