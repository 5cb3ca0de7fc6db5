import type { Trace } from '@millrace/shared/trace/trace.ts';
import { neon, neonConfig } from '@neondatabase/serverless';
import type { SQL } from 'drizzle-orm';
import { drizzle, type NeonHttpDatabase } from 'drizzle-orm/neon-http';
import type { z } from 'zod';
import { waited } from '../tracing/waited.ts';
import * as schema from './schema.ts';
import { statementName } from './statement-name.ts';

/** Far longer than any statement takes: a database that is silent for so long is away. */
const ANSWER_WITHIN_MS = 15_000;

export type Database = NeonHttpDatabase<typeof schema>;

/**
 * Postgres over HTTP: one request is one statement, or one `batch`, which is one transaction.
 *
 * @param trace The place where every request is a span.
 */
export function openDatabase(url: string, fetchEndpoint: string | null, trace?: Trace): Database {
  if (fetchEndpoint) neonConfig.fetchEndpoint = fetchEndpoint;
  neonConfig.fetchFunction = ask;
  const client = neon(url, trace?.isRecording ? { fetchOptions: { trace } } : {});
  return drizzle({ client, schema });
}

/** The client hands its `fetchOptions` on with every request. */
function ask(url: string, { trace, ...init }: RequestInit & { trace?: Trace }): Promise<Response> {
  const send = () => fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  if (!trace) return send();
  const failureOf = (answer: Response) => (answer.ok ? undefined : `answered ${answer.status}`);
  return waited(trace, statementName(String(init.body)), { 'db.system.name': 'postgresql' }, send, failureOf);
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
