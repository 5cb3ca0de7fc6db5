import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** What the Neon driver sends is prepared; what else is logged is ours. */
const STATEMENT = / LOG: {2}execute <unnamed>: /g;
const LOG_REACHES_FILE_MS = 200;

export interface StatementCounter {
  /** Statements that Postgres has run since counting began. */
  count(): Promise<number>;
  stop(): Promise<void>;
}

/** Has Postgres log every statement, and counts them in its log. */
export async function countStatements(databaseUrl: string, logFile: string): Promise<StatementCounter> {
  await setting(databaseUrl, `alter system set log_statement = 'all'`);
  const logged = async () => {
    await sleep(LOG_REACHES_FILE_MS);
    return (await readFile(logFile, 'utf8')).match(STATEMENT)?.length ?? 0;
  };
  const before = await logged();
  return {
    count: async () => (await logged()) - before,
    stop: () => setting(databaseUrl, 'alter system reset log_statement'),
  };
}

async function setting(databaseUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(statement);
    await client.query('select pg_reload_conf()');
  } finally {
    await client.end();
  }
}
