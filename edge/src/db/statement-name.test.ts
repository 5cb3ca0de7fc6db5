import { expect, test } from 'vitest';
import { statementName } from './statement-name.ts';

test.each([
  ['insert into "jobs" ("id") values ($1)', 'INSERT jobs'],
  [
    '\n  with due as (select id from outbox for update skip locked)\n  delete from outbox where id in (select id from due)',
    'DELETE outbox',
  ],
  ['select id from tasks t join jobs j on true for update of t', 'SELECT tasks'],
  ['select x from jsonb_to_recordset($1) as r(x int) join "workers" on true', 'SELECT workers'],
  ['-- update jobs\nselect 1', 'SELECT'],
  [`select 'secret' from "secret"`, 'SELECT'],
])('%s is %s', (query, name) => {
  expect(statementName(JSON.stringify({ query, params: ['update jobs'] }))).toBe(name);
});

test('a batch is what its first change is', () => {
  const queries = ['select pg_advisory_xact_lock(1)', 'update jobs set status = $1'].map((query) => ({
    query,
    params: [],
  }));
  expect(statementName(JSON.stringify({ queries }))).toBe('UPDATE jobs');
});
