import { existsSync } from 'node:fs';
import path from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';

const MIGRATIONS = path.resolve(import.meta.dirname, '../../migrations');
/** Any number, as long as every migrator takes the same. */
const LOCK = 7_246_723;

/**
 * Brings a database up to the newest of the checkout's migrations. Those that were applied before are left alone;
 * of several that migrate at once one does the work and the others wait.
 */
export async function migrate(databaseUrl: string, folder = MIGRATIONS): Promise<void> {
  const journal = path.join(folder, 'meta/_journal.json');
  if (!existsSync(journal)) throw new Error(`${folder} holds no migrations: ${journal} is missing`);

  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    // Ends with the connection, whatever happens.
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await applyMigrations(drizzle(client), { migrationsFolder: folder });
  } finally {
    await client.end();
  }
}
