import { getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import * as schema from './schema.ts';

const statement = z.object({ query: z.string() });
const sent = z.union([
  z.object({ queries: z.array(statement) }).transform(({ queries }) => queries),
  statement.transform((one) => [one]),
]);

const TABLES = new Set<string>(
  Object.values(schema).flatMap((one) => (is(one, PgTable) ? [getTableName(one)] : [])),
);
const COMMENT = /--.*$/gm;
const WRITES = /\b(insert into|update|delete from)\s+"?(\w+)/g;
const READS = /\b(?:from|join)\s+"?(\w+)/g;

/**
 * What a round trip is for, by the first table that it changes, or else the first that it reads: `UPDATE tasks`. The
 * statement is all that is looked at, and words that are no table are passed over: no value gets in.
 *
 * @param body As it goes over the wire.
 */
export function statementName(body: string): string {
  const text = sent
    .parse(JSON.parse(body))
    .map(({ query }) => query.replace(COMMENT, ''))
    .join('\n');
  for (const [, verb = '', table = ''] of text.matchAll(WRITES)) {
    if (TABLES.has(table)) return `${verb.replace(/ .*/, '').toUpperCase()} ${table}`;
  }
  for (const [, table = ''] of text.matchAll(READS)) {
    if (TABLES.has(table)) return `SELECT ${table}`;
  }
  return 'SELECT';
}
