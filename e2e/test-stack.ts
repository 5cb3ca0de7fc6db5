import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { removePostgresData } from '../deploy/local/postgres-home.ts';
import { type Stack, startStack } from '../deploy/local/stack.ts';
import { type Api, createApi } from '../scripts/demo/api.ts';

export interface TestStack {
  stack: Stack;
  api: Api;
  /** Rows of a statement on the stack's database: what a test checks behind the API's back. */
  rows<T extends pg.QueryResultRow>(statement: string, values?: unknown[]): Promise<T[]>;
  /** Removed with the stack. */
  folder: string;
  stop(): Promise<void>;
}

/** A whole stack in a folder of its own. */
export async function startTestStack(options: {
  workers: number;
  replaceFleet?: boolean;
}): Promise<TestStack> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-e2e-'));
  const stateDir = path.join(folder, 'state');
  const stack = await startStack({
    stateDir,
    workers: options.workers,
    whenFleetEnds: options.replaceFleet ? 'replace' : 'report',
  });
  const database = new pg.Pool({ connectionString: stack.databaseUrl, max: 2 });
  // A pool that loses an idle connection at the end of the stack has lost nothing.
  database.on('error', () => {});
  return {
    stack,
    api: createApi(stack.apiUrl, new AbortController().signal),
    rows: async (statement, values) => (await database.query(statement, values)).rows,
    folder,
    async stop() {
      await database.end();
      await stack.stop();
      await removePostgresData(stack.dir.postgres).catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}
