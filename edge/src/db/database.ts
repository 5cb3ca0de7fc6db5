import { neon, neonConfig } from '@neondatabase/serverless';
import type { SQL } from 'drizzle-orm';
import { drizzle, type NeonHttpDatabase } from 'drizzle-orm/neon-http';
import type { z } from 'zod';
import * as schema from './schema.ts';

export type Database = NeonHttpDatabase<typeof schema>;

/** Postgres over HTTP: one request is one statement, or one `batch`, which is one transaction. */
export function openDatabase(url: string, fetchEndpoint: string | null): Database {
  if (fetchEndpoint) neonConfig.fetchEndpoint = fetchEndpoint;
  return drizzle({ client: neon(url), schema });
}

/** True when the database could not be asked, or gave up for a reason of its own: asking again may help. */
export function isDatabaseAway(error: unknown): boolean {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    if (e.name !== 'NeonDbError') continue;
    const code = 'code' in e && typeof e.code === 'string' ? e.code : '';
    // Without a code nothing of Postgres's own came back; 40 and 57 are conflicts and shutdowns.
    return code === '' || code.startsWith('40') || code.startsWith('57') || code.startsWith('08');
  }
  return false;
}

/** Runs one statement and reads its rows with a schema. Throws when a row is not of that shape. */
export async function rowsOf<T>(db: Database, statement: SQL, row: z.ZodType<T>): Promise<T[]> {
  const { rows } = await db.execute(statement);
  return rows.map((value) => row.parse(value));
}
