import { neon, neonConfig } from '@neondatabase/serverless';
import type { SQL } from 'drizzle-orm';
import { drizzle, type NeonHttpDatabase } from 'drizzle-orm/neon-http';
import type { z } from 'zod';
import * as schema from './schema.ts';

/** Far longer than any statement takes: a database that is silent for so long is away. */
const ANSWER_WITHIN_MS = 15_000;

export type Database = NeonHttpDatabase<typeof schema>;

/** Postgres over HTTP: one request is one statement, or one `batch`, which is one transaction. */
export function openDatabase(url: string, fetchEndpoint: string | null): Database {
  if (fetchEndpoint) neonConfig.fetchEndpoint = fetchEndpoint;
  neonConfig.fetchFunction = (input: string, init: RequestInit) =>
    fetch(input, { ...init, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  return drizzle({ client: neon(url), schema });
}

/** SQLSTATE of conflicts, broken connections, too many of them, shutdowns, and of a server that does not take any. */
const AWAY = /^(08|40|53|57|55000)/;

/** True when the database could not be asked, or gave up for a reason of its own: asking again may help. */
export function isDatabaseAway(error: unknown): boolean {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    if (e.name !== 'NeonDbError') continue;
    const code = 'code' in e && typeof e.code === 'string' ? e.code : '';
    // Without a code nothing of Postgres's own came back.
    return code === '' || AWAY.test(code);
  }
  return false;
}

/** Runs one statement and reads its rows with a schema. Throws when a row is not of that shape. */
export async function rowsOf<T>(db: Database, statement: SQL, row: z.ZodType<T>): Promise<T[]> {
  const { rows } = await db.execute(statement);
  return rows.map((value) => row.parse(value));
}
