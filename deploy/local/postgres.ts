import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type Child, startChild } from './child-process.ts';
import { commandLine } from './command-line.ts';
import { type PostgresHome, preparePostgresHome } from './postgres-home.ts';
import { waitUntil } from './wait-until.ts';

export interface Postgres extends Child {
  /** Of the database `millrace`. */
  url: string;
}

const USER = 'millrace';
const DATABASE = 'millrace';

/**
 * A real Postgres on 127.0.0.1, whose data lives under `dataDir` (see `PostgresHome` for when it cannot).
 * The first start makes the cluster and the database; later ones find them, also after a crash.
 * Throws when another Postgres already runs on the same data.
 */
export async function startPostgres(options: {
  dataDir: string;
  port: number;
  /** In `dataDir` when left out. */
  logFile?: string;
}): Promise<Postgres> {
  const { dataDir, port, logFile = path.join(dataDir, 'postgres.log') } = options;
  const home = await preparePostgresHome(path.resolve(dataDir));
  if (home.isNew) await makeCluster(home);
  else await clearStalePidFile(home.clusterDir);

  const server = await startChild({
    name: 'postgres',
    command: path.join(home.binDir, 'postgres'),
    args: ['-D', home.clusterDir, '-p', String(port), ...settings()],
    logFile,
    cwd: home.clusterDir,
    ...home.owner,
    isReady: () => serves(port, home.clusterDir),
    // The polite request that does not wait for clients to leave.
    stopSignal: 'SIGINT',
  });
  try {
    await createDatabase(port);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { ...server, url: databaseUrl(port, DATABASE) };
}

async function makeCluster({ binDir, clusterDir, owner }: PostgresHome): Promise<void> {
  // Made under another name first: an initdb that was interrupted leaves nothing that looks like a cluster.
  const unfinished = `${clusterDir}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  if (owner !== undefined) await chown(unfinished, owner.uid, owner.gid);
  const args = [
    `--pgdata=${unfinished}`,
    `--username=${USER}`,
    // Only this machine can reach it, and everything in it is a developer's own.
    '--auth=trust',
    '--encoding=UTF8',
    // One collation on every machine, and the one Neon has.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-sync',
  ];
  await promisify(execFile)(path.join(binDir, 'initdb'), args, {
    ...owner,
    cwd: unfinished,
    timeout: 60_000,
  });
  await rename(unfinished, clusterDir);
}

// A killed Postgres leaves its pid file. Postgres sees through it, unless the number belongs to another process
// by now, as is usual after a container has been restarted.
async function clearStalePidFile(clusterDir: string): Promise<void> {
  // One whose owner was killed a moment ago may still have to hear of it, and then to end.
  const isEnding = await waitUntil(async () => (await formerServer(clusterDir)) !== 'running', 1_500);
  const isGone =
    isEnding && (await waitUntil(async () => (await formerServer(clusterDir)) === 'gone', 15_000));
  if (!isGone) throw new Error(`another Postgres is running on ${clusterDir}: stop that stack first`);
  await rm(path.join(clusterDir, 'postmaster.pid'), { force: true });
}

async function formerServer(clusterDir: string): Promise<'running' | 'stopping' | 'gone'> {
  const pidFile = await readFile(path.join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(pidFile, 10);
  if (Number.isNaN(pid) || !(await commandLine(pid)).includes(clusterDir)) return 'gone';
  return pidFile.includes('stopping') ? 'stopping' : 'running';
}

function settings(): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // A commit still means: kept, whichever of our processes is killed, Postgres included. What we give up is
    // the data of a machine that loses its power, and get a commit in a third of the time.
    fsync: 'off',
    full_page_writes: 'off',
    wal_level: 'minimal',
    max_wal_senders: '0',
    // A statement whose client is gone ends, instead of holding its locks.
    client_connection_check_interval: '1s',
    timezone: 'UTC',
    log_timezone: 'UTC',
    jit: 'off',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

// Asks for the folder, because somebody else's Postgres may be the one that answers on this port.
async function serves(port: number, clusterDir: string): Promise<boolean> {
  return withClient(port, async (client) => {
    const shown = await client.query<{ data_directory: string }>('show data_directory');
    return shown.rows[0]?.data_directory === clusterDir;
  });
}

async function createDatabase(port: number): Promise<void> {
  await withClient(port, async (client) => {
    const found = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  });
}

async function withClient<T>(port: number, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: databaseUrl(port, 'postgres'),
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
  });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(port: number, database: string): string {
  return `postgresql://${USER}:${USER}@127.0.0.1:${port}/${database}`;
}
