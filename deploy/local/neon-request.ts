import { z } from 'zod';
import type { LocalRequest } from './http-server.ts';

/** Neon's own limit. */
const MAX_BYTES = 64 * 1024 * 1024;

const querySchema = z.object({ query: z.string(), params: z.array(z.unknown()).default([]) });
const payloadSchema = z.union([querySchema, z.object({ queries: z.array(querySchema) })]);

export type NeonQuery = z.infer<typeof querySchema>;

/** What one request to `/sql` asks for. */
export type NeonRequest = { asArrays: boolean } & (
  | { kind: 'query'; query: NeonQuery }
  | { kind: 'batch'; queries: NeonQuery[]; begin: string }
);

export class RefusedRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads a request, or throws `RefusedRequest`. `identity`: see `identityOf`. */
export function parseNeonRequest(
  { method, path, headers, body }: LocalRequest,
  identity: string,
): NeonRequest {
  if (path !== '/sql') throw new RefusedRequest(404, 'only /sql is here');
  if (method !== 'POST') throw new RefusedRequest(405, 'only POST is understood');
  if (body.length > MAX_BYTES) {
    throw new RefusedRequest(413, `request is too large (max is ${MAX_BYTES} bytes)`);
  }
  if (identityOf(headers['neon-connection-string']) !== identity) {
    throw new RefusedRequest(400, 'password authentication failed: another user or database is named');
  }
  if (headers['neon-raw-text-output'] !== 'true') {
    throw new RefusedRequest(400, 'only raw text output is spoken here');
  }
  const asArrays = headers['neon-array-mode'] === 'true';
  const payload = parsePayload(body);
  if ('queries' in payload) {
    return { kind: 'batch', asArrays, queries: payload.queries, begin: beginStatement(headers) };
  }
  return { kind: 'query', asArrays, query: payload };
}

/** What caller and server must agree on: user, password and database. Empty for what is no connection string. */
export function identityOf(connectionString: string | string[] | undefined): string {
  const url = typeof connectionString === 'string' ? URL.parse(connectionString) : null;
  return url === null ? '' : `${url.username}:${url.password}@${url.pathname}`;
}

function parsePayload(body: Buffer): z.infer<typeof payloadSchema> {
  try {
    return payloadSchema.parse(JSON.parse(body.toString('utf8')));
  } catch {
    throw new RefusedRequest(400, 'the body is neither a query nor a batch of queries');
  }
}

const ISOLATION_LEVELS = new Map([
  ['ReadUncommitted', 'read uncommitted'],
  ['ReadCommitted', 'read committed'],
  ['RepeatableRead', 'repeatable read'],
  ['Serializable', 'serializable'],
]);

function beginStatement(headers: LocalRequest['headers']): string {
  const words = ['begin'];
  const level = headers['neon-batch-isolation-level'];
  if (level !== undefined) {
    const name = ISOLATION_LEVELS.get(String(level));
    if (name === undefined) throw new RefusedRequest(400, 'invalid isolation level');
    words.push(`isolation level ${name}`);
  }
  if (headers['neon-batch-read-only'] === 'true') words.push('read only');
  if (headers['neon-batch-deferrable'] === 'true') words.push('deferrable');
  return words.join(' ');
}
