import pg from 'pg';
import { type LocalRequest, type LocalResponse, startHttpServer } from './http-server.ts';
import {
  identityOf,
  type NeonQuery,
  type NeonRequest,
  parseNeonRequest,
  RefusedRequest,
} from './neon-request.ts';

export interface NeonProxy {
  /** For `neonConfig.fetchEndpoint`. */
  endpoint: string;
  stop(): Promise<void>;
}

/**
 * Neon's SQL over HTTP in front of any Postgres: `POST /sql` with one query, or with several that are one
 * transaction. Values go in and out as Postgres writes them; the driver parses. An error of Postgres is HTTP 400
 * with its fields.
 *
 * Callers must name the user, password and database of `databaseUrl` in their connection string; which host
 * they name does not matter. `/health` needs no name: it says whether Postgres answers.
 */
export async function startNeonProxy(options: {
  port: number;
  host?: string;
  databaseUrl: string;
  /** Connections to Postgres at the most. */
  poolSize?: number;
}): Promise<NeonProxy> {
  const { port, host = '127.0.0.1', databaseUrl, poolSize = 20 } = options;
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize, connectionTimeoutMillis: 10_000 });
  // A connection lost while nobody used it is replaced at the next use.
  pool.on('error', () => {});
  const identity = identityOf(databaseUrl);
  const server = await startHttpServer({
    port,
    host,
    handle: (request) => (request.path === '/health' ? answerHealth(pool) : answer(request, pool, identity)),
  });
  return {
    endpoint: `${server.url}/sql`,
    stop: async () => {
      await server.stop();
      await pool.end();
    },
  };
}

async function answerHealth(pool: pg.Pool): Promise<LocalResponse> {
  try {
    await pool.query('select 1');
    return { status: 200, body: { status: 'ok' } };
  } catch {
    return { status: 503, body: { status: 'postgres is not available' } };
  }
}

async function answer(request: LocalRequest, pool: pg.Pool, identity: string): Promise<LocalResponse> {
  try {
    const asked = parseNeonRequest(request, identity);
    const body = await withConnection(pool, request.signal, (client) => run(client, asked));
    return { status: 200, body };
  } catch (error) {
    if (error instanceof RefusedRequest) return { status: error.status, body: { message: error.message } };
    if (error instanceof pg.DatabaseError) return databaseError(error);
    return { status: 500, body: { message: error instanceof Error ? error.message : String(error) } };
  }
}

// A caller that goes away takes its connection along, and so, within the server's
// client_connection_check_interval, its statement and its locks.
async function withConnection<T>(
  pool: pg.Pool,
  signal: AbortSignal,
  use: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  const hangUp = () => void client.end().catch(() => {});
  // Whatever breaks the connection also fails the query that runs on it.
  const ignore = () => {};
  client.on('error', ignore);
  signal.addEventListener('abort', hangUp);
  try {
    return await use(client);
  } finally {
    signal.removeEventListener('abort', hangUp);
    client.off('error', ignore);
    client.release(signal.aborted || client.getTransactionStatus() !== 'I');
  }
}

async function run(client: pg.PoolClient, asked: NeonRequest): Promise<object> {
  if (asked.kind === 'query') return runQuery(client, asked.query, asked.asArrays);
  await client.query(asked.begin);
  try {
    const results = [];
    for (const query of asked.queries) results.push(await runQuery(client, query, asked.asArrays));
    await client.query('commit');
    return { results };
  } catch (error) {
    // Should this fail as well, the connection is not used again: it is still inside the transaction.
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

async function runQuery(client: pg.PoolClient, query: NeonQuery, asArrays: boolean): Promise<object> {
  const config = {
    text: query.query,
    values: query.params,
    // As Neon does: the simple protocol would let several statements pass as one.
    queryMode: 'extended',
    types: { getTypeParser: () => (value: string) => value },
  };
  const { fields, rows, command, rowCount } = asArrays
    ? await client.query({ ...config, rowMode: 'array' })
    : await client.query(config);
  return { fields, rows, command, rowCount, rowAsArray: asArrays };
}

const ERROR_FIELDS = [
  'code',
  'detail',
  'hint',
  'position',
  'internalPosition',
  'internalQuery',
  'severity',
  'where',
  'table',
  'column',
  'schema',
  'dataType',
  'constraint',
  'file',
  'line',
  'routine',
] as const;

function databaseError(error: pg.DatabaseError): LocalResponse {
  const fields = ERROR_FIELDS.map((field) => [field, error[field] ?? null]);
  return { status: 400, body: { message: error.message, ...Object.fromEntries(fields) } };
}
