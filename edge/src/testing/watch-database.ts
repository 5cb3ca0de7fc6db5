import { freePort } from '@millrace/local/free-port.ts';
import { type LocalRequest, startHttpServer } from '@millrace/local/http-server.ts';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { type Database, openDatabase } from '../db/database.ts';

/** A statement as it goes over the wire. */
const statement = z.object({ query: z.string(), params: z.array(z.unknown()).default([]) });
export type SentStatement = z.infer<typeof statement>;

const sent = z.union([
  z.object({ queries: z.array(statement) }).transform(({ queries }) => queries),
  statement.transform((one) => [one]),
]);

export interface WatchedDatabase {
  db: Database;
  stop(): Promise<void>;
}

/**
 * The database of a test context, with somebody in between who sees every round trip before it is made: the statements
 * of one request. Other databases that this process opened go through it too.
 */
export async function watchDatabase(
  { config }: Context,
  onRoundTrip: (statements: SentStatement[]) => void | Promise<void>,
): Promise<WatchedDatabase> {
  const endpoint = config.neonFetchEndpoint;
  if (!endpoint) throw new Error('the test has no database of its own');
  const server = await startHttpServer({
    port: await freePort(),
    handle: async (request) => {
      await onRoundTrip(sent.parse(JSON.parse(request.body.toString('utf8'))));
      const answer = await fetch(endpoint, {
        method: 'POST',
        headers: neonHeaders(request.headers),
        body: request.body.toString('utf8'),
        signal: request.signal,
      });
      return { status: answer.status, body: await answer.json() };
    },
  });
  return { db: openDatabase(config.databaseUrl, `${server.url}/sql`), stop: server.stop };
}

function neonHeaders(headers: LocalRequest['headers']): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith('neon-'));
  return Object.fromEntries(own.map(([name, value]) => [name, String(value)]));
}
