import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type NeonDbError, neon, neonConfig } from '@neondatabase/serverless';
import { eq, sql as fragment } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/neon-http';
import { bigint, boolean, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { type NeonProxy, startNeonProxy } from './neon-proxy.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { removePostgresData } from './postgres-home.ts';
import { waitUntil } from './wait-until.ts';

const films = pgTable('films', {
  id: integer().primaryKey(),
  title: text().notNull().unique(),
  bytes: bigint({ mode: 'bigint' }),
  info: jsonb().$type<{ codec: string; tracks: number[] }>(),
  tags: text().array(),
  seen: boolean(),
  madeAt: timestamp('made_at', { withTimezone: true }),
});

let root: string;
let postgres: Postgres;
let proxy: NeonProxy;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'millrace-neon-'));
  postgres = await startPostgres({ dataDir: path.join(root, 'postgres'), port: await freePort() });
  proxy = await startNeonProxy({ port: await freePort(), databaseUrl: postgres.url });
  neonConfig.fetchEndpoint = proxy.endpoint;
});
afterAll(async () => {
  await proxy.stop();
  await postgres.stop();
  await removePostgresData(path.join(root, 'postgres'));
  await rm(root, { recursive: true });
});

beforeEach(async () => {
  const sql = neon(postgres.url);
  await sql`drop table if exists films`;
  await sql`create table films (id int primary key, title text not null constraint films_title_unique unique, bytes bigint, info jsonb,
    tags text[], seen boolean, made_at timestamptz)`;
});

test('values of every kind we use come back as they went in', async () => {
  const db = drizzle(neon(postgres.url));
  const film = {
    id: 1,
    title: 'Ünïcödé \u{1f3ac} "quoted" \\ back',
    bytes: 9_007_199_254_740_993n,
    info: { codec: 'h264', tracks: [1, 2] },
    tags: ['a,b', 'c"d', ''],
    seen: false,
    madeAt: new Date('2026-02-03T04:05:06.789Z'),
  };
  const empty = { id: 2, title: '', bytes: null, info: null, tags: null, seen: null, madeAt: null };

  expect(await db.insert(films).values([film, empty]).returning()).toEqual([film, empty]);
  expect(await db.select().from(films).orderBy(films.id)).toEqual([film, empty]);
});

test('the plain driver gets rows as objects or arrays, with command and row count', async () => {
  const sql = neon(postgres.url, { fullResults: true });
  const inserted = await sql`insert into films (id, title) values (1, 'one'), (2, 'two')`;
  expect(inserted).toMatchObject({ command: 'INSERT', rowCount: 2, rows: [], fields: [] });

  const selected = await sql.query('select id, title from films where id = any($1) order by id', [[1, 2]]);
  expect(selected.rows).toEqual([
    { id: 1, title: 'one' },
    { id: 2, title: 'two' },
  ]);
  expect(selected.fields).toMatchObject([
    { name: 'id', dataTypeID: 23 },
    { name: 'title', dataTypeID: 25 },
  ]);
  const arrays = await neon(postgres.url, { arrayMode: true })`select 1 as a, 2 as a`;
  expect(arrays).toEqual([[1, 2]]);
  expect(await neon(postgres.url)`select '\\xdeadbeef'::bytea as bytes`).toEqual([
    { bytes: Buffer.from('deadbeef', 'hex') },
  ]);
});

test('a violated constraint surfaces with its code and name, through the driver and through drizzle', async () => {
  const sql = neon(postgres.url);
  await sql`insert into films (id, title) values (1, 'one')`;

  const error = await failure<NeonDbError>(sql`insert into films (id, title) values (2, 'one')`);
  expect(error).toMatchObject({
    name: 'NeonDbError',
    code: '23505',
    constraint: 'films_title_unique',
    table: 'films',
    schema: 'public',
    severity: 'ERROR',
    detail: 'Key (title)=(one) already exists.',
  });
  const inDrizzle = await failure<Error>(drizzle(sql).insert(films).values({ id: 2, title: 'one' }));
  expect(inDrizzle.cause).toMatchObject({ code: '23505', constraint: 'films_title_unique' });

  expect(await failure(sql`select nonsense`)).toMatchObject({ code: '42703', position: '8' });
});

test('one query is one statement', async () => {
  expect(await failure(neon(postgres.url).query('select 1; select 2'))).toMatchObject({ code: '42601' });
});

test('a batch is one transaction: all of it, or nothing', async () => {
  const db = drizzle(neon(postgres.url));
  const [inserted, found] = await db.batch([
    db.insert(films).values({ id: 1, title: 'one' }).returning({ id: films.id }),
    db.select({ title: films.title }).from(films),
  ]);
  expect(inserted).toEqual([{ id: 1 }]);
  expect(found).toEqual([{ title: 'one' }]);

  const broken = db.batch([
    db.update(films).set({ title: 'changed' }).where(eq(films.id, 1)),
    db.insert(films).values({ id: 1, title: 'again' }),
  ]);
  expect(await failure(broken)).toMatchObject({ code: '23505', constraint: 'films_pkey' });
  expect(await db.select({ title: films.title }).from(films)).toEqual([{ title: 'one' }]);
});

test('a batch runs as its options say', async () => {
  const sql = neon(postgres.url);
  const [rows] = await sql.transaction(
    [
      sql`select current_setting('transaction_isolation') as level,
        current_setting('transaction_read_only') as read_only, current_setting('transaction_deferrable') as waits`,
    ],
    { isolationLevel: 'Serializable', readOnly: true, deferrable: true },
  );
  expect(rows).toEqual([{ level: 'serializable', read_only: 'on', waits: 'on' }]);

  const write = sql.transaction([sql`insert into films (id, title) values (1, 'one')`], { readOnly: true });
  expect(await failure(write)).toMatchObject({ code: '25006' });
  // The connection that ran it is an ordinary one again.
  expect(await sql`show transaction_read_only`).toEqual([{ transaction_read_only: 'off' }]);
});

test('calls run at the same time, more of them than there are connections', async () => {
  const sql = neon(postgres.url);
  const rows = await Promise.all(
    Array.from({ length: 60 }, (_, n) => sql`select ${n}::int as n, pg_sleep(0.02)::text as slept`),
  );
  expect(rows.map(([row]) => row?.n)).toEqual(Array.from({ length: 60 }, (_, n) => n));
});

test('a transaction left open by a single query holds nothing', async () => {
  const sql = neon(postgres.url);
  await sql`begin`;
  await sql`insert into films (id, title) values (1, 'one')`;
  expect(await sql`select count(*)::int as n from films`).toEqual([{ n: 1 }]);
  const open = async () => {
    const found = await sql`select 1 from pg_stat_activity where state = 'idle in transaction'`;
    return found.length > 0;
  };
  expect(await waitUntil(async () => !(await open()), 5_000)).toBe(true);
});

test('the locks of a caller that went away are free again', async () => {
  const sql = neon(postgres.url);
  const db = drizzle(sql);
  await db.insert(films).values({ id: 1, title: 'one' });
  const caller = new AbortController();
  const abandoned = failure(
    sql.transaction([sql`update films set title = 'held'`, sql`select pg_sleep(60)`], {
      fetchOptions: { signal: caller.signal },
    }),
  );
  const sleeping = async () => {
    const found = await sql`select 1 from pg_stat_activity where query = 'select pg_sleep(60)'`;
    return found.length > 0;
  };
  expect(await waitUntil(sleeping, 5_000)).toBe(true);

  caller.abort();

  await abandoned;
  await db.update(films).set({ title: 'free' });
  expect(await db.select({ title: films.title }).from(films)).toEqual([{ title: 'free' }]);
});

test('another database, or another password, is refused', async () => {
  const url = new URL(postgres.url);
  url.pathname = '/other';
  await expect(neon(url.href)`select 1`).rejects.toThrow(/password authentication failed/);
});

test('a Postgres that is away is an error at once, and one that is back is found again', async () => {
  const port = Number(new URL(postgres.url).port);
  const sql = neon(postgres.url);
  await postgres.stop();
  await expect(sql`select 1`).rejects.toThrow();

  postgres = await startPostgres({ dataDir: path.join(root, 'postgres'), port });
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  expect(await drizzle(sql).execute(fragment`select 2 as two`)).toMatchObject({ rows: [{ two: 2 }] });
});

async function failure<T = unknown>(promise: PromiseLike<unknown>): Promise<T> {
  try {
    await promise;
  } catch (error) {
    return error as T;
  }
  throw new Error('it did not fail');
}

test('/health says whether Postgres answers, to whoever asks', async () => {
  const health = async ({ endpoint }: NeonProxy) => (await fetch(new URL('/health', endpoint))).status;
  expect(await health(proxy)).toBe(200);
  const databaseUrl = `postgresql://postgres:postgres@127.0.0.1:${await freePort()}/none`;
  const alone = await startNeonProxy({ port: await freePort(), databaseUrl });
  expect(await health(alone)).toBe(503);
  await alone.stop();
});
