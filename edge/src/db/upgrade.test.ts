import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

/* Migrations only go forward, and over data: what an installation holds when it is upgraded must make sense after. */

const MIGRATIONS = path.resolve(import.meta.dirname, '../../../migrations');
const name = `upgrade_${randomUUID().replaceAll('-', '')}`;
const jobId = randomUUID();

let admin: pg.Client;
let db: pg.Client;

beforeAll(async () => {
  const url = new URL(inject('services').templateUrl);
  url.pathname = '/postgres';
  admin = new pg.Client(url.href);
  await admin.connect();
  await admin.query(`create database ${name}`);
  url.pathname = `/${name}`;
  db = new pg.Client(url.href);
  await db.connect();
});
afterAll(async () => {
  await db.end();
  await admin.query(`drop database ${name}`);
  await admin.end();
});

async function apply(file: string): Promise<void> {
  // One transaction, as the migrator does it.
  await db.query('begin');
  await runStatements(file);
  await db.query('commit');
}

async function runStatements(file: string): Promise<void> {
  const text = await readFile(path.join(MIGRATIONS, file), 'utf8');
  for (const statement of text.split('--> statement-breakpoint')) await db.query(statement);
}

test('the events of jobs that were there before are numbered in their order', async () => {
  await apply('0000_initial.sql');
  await db.query(
    `insert into jobs (id, project_id, status, profile_input, profile, metadata, source_key, source_etag,
                       source_size_bytes, tasks_left, version, hls_key, finished_at)
     values ($1, 'default', 'completed', '{}', '{}', '{}', 'uploads/a', 'e', 1, 0, 9, 'objects/h', now())`,
    [jobId],
  );
  await db.query(
    `insert into job_events (job_id, version, type, data) values
       ($1, 9, 'job.completed', '{}'), ($1, 1, 'job.created', '{}'), ($1, 2, 'job.started', '{}')`,
    [jobId],
  );
  await apply('0001_control_plane.sql');
  const events = await db.query(
    'select number, type, project_id, actor from job_events where job_id = $1 order by number',
    [jobId],
  );
  expect(events.rows).toEqual([
    { number: 1, type: 'job.created', project_id: 'default', actor: 'unknown' },
    { number: 2, type: 'job.started', project_id: 'default', actor: 'unknown' },
    { number: 3, type: 'job.completed', project_id: 'default', actor: 'unknown' },
  ]);
  const jobs = await db.query('select event_number, playable_at = finished_at as playable from jobs');
  expect(jobs.rows).toEqual([{ event_number: 3, playable: true }]);
});

test('what tasks had stored before files had rows is found by its name', async () => {
  const [poster, film, encode] = [randomUUID(), randomUUID(), randomUUID()];
  const task = `insert into tasks (id, job_id, project_id, kind, state, attempt, spec, rank, needs, unlocks, deps_left,
                                   work_total, result) values ($1, $2, 'default', $3, 'done', 2, '{}', 0, '{}', '{}', 0, 1, $4)`;
  await db.query(task, [poster, jobId, 'poster', { kind: 'poster', name: 'poster.jpg', sizeBytes: 7 }]);
  await db.query(task, [film, jobId, 'assemble', { kind: 'assemble', name: '720p.mp4', sizeBytes: 9 }]);
  await db.query(task, [encode, jobId, 'encode-video', { kind: 'encode-video', frames: 3 }]);
  await apply('0002_engine.sql');
  const files = await db.query(
    'select name, task_id, object_key, size_bytes::int from files where job_id = $1 order by name',
    [jobId],
  );
  expect(files.rows).toEqual([
    { name: '720p.mp4', task_id: film, object_key: `objects/default/${film}/2/720p.mp4`, size_bytes: 9 },
    {
      name: 'poster.jpg',
      task_id: poster,
      object_key: `objects/default/${poster}/2/poster.jpg`,
      size_bytes: 7,
    },
  ]);
});

test.each([
  ['tasks', 'jobs'],
  ['jobs', 'tasks'],
  ['webhook_deliveries', 'tasks'],
  ['jobs', 'projects'],
])('beside what writes %s and then %s, an upgrade waits, and neither dies of it', async (first, second) => {
  const traffic = new pg.Client(new URL(`/${name}`, inject('services').templateUrl).href);
  await traffic.connect();
  const write = (table: string) => traffic.query(`update ${table} set id = id where false`);
  await traffic.query('begin');
  await write(first);
  const upgraded = migrateAndUndo();
  upgraded.catch(() => undefined);
  await expect.poll(waitsForALock, { timeout: 10_000 }).toBe(true);
  await write(second);
  await traffic.query('commit');
  await upgraded;
  await traffic.end();
});

/** The tables are there again for the next. */
async function migrateAndUndo(): Promise<void> {
  await db.query('begin');
  for (const file of ['0003_operations.sql', '0004_metrics.sql']) await runStatements(file);
  await db.query('rollback');
}

async function waitsForALock(): Promise<boolean> {
  const waiting = await admin.query(
    `select 1 from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'`,
    [name],
  );
  return waiting.rows.length > 0;
}
