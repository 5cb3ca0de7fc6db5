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

/** Runs one statement and reads its rows with a schema. Throws when a row is not of that shape. */
export async function rowsOf<T>(db: Database, statement: SQL, row: z.ZodType<T>): Promise<T[]> {
  const { rows } = await db.execute(statement);
  return rows.map((value) => row.parse(value));
}
