import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type AccountState, emptyAccount } from './account-state.ts';
import { ApiRefusal, type ApiRequest, type Route, routes } from './routes.ts';

/** What happens to a call instead of its answer, or on top of it. */
export type Fault =
  | { kind: 'status'; status: number; code?: number; retryAfterSeconds?: number }
  /** The connection breaks before anything is done. */
  | { kind: 'lost-before' }
  /** Everything is done, and the answer is lost. */
  | { kind: 'lost-after' };

export interface OutsideCall {
  number: number;
  method: string;
  path: string;
  /** What the token needs for it; null for what is not Cloudflare's API. */
  permission: Route['permission'] | null;
}

export interface FakeCloudflare {
  url: string;
  accountId: string;
  token: string;
  state: AccountState;
  /** Every call so far, as `METHOD /path`, in order. */
  calls: string[];
  /** Asked for each call, by its number from 1. */
  faultOf: (call: OutsideCall) => Fault | null;
  stop(): Promise<void>;
}

/** Cloudflare's API over HTTP on this machine, for one account and one token. */
export async function startFakeCloudflare(state = emptyAccount()): Promise<FakeCloudflare> {
  const accountId = '0123456789abcdef0123456789abcdef';
  const fake: FakeCloudflare = {
    ...{ url: '', accountId, token: 'token-of-the-tests', state, calls: [], faultOf: () => null },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const server = http.createServer((request, response) => {
    answer(fake, request, response).catch((error: unknown) => {
      send(response, 500, { errors: [{ code: 1, message: String(error) }] });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`;
  return fake;
}

async function answer(
  fake: FakeCloudflare,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const body = await buffer(request);
  const url = new URL(request.url ?? '', fake.url);
  const method = request.method ?? '';
  const path = url.pathname.replace('/client/v4', '').replace(`/accounts/${fake.accountId}`, '');
  fake.calls.push(`${method} ${path}`);
  const number = fake.calls.length;
  if (request.headers.authorization !== `Bearer ${fake.token}`)
    return send(response, 401, { errors: [{ code: 1000, message: 'Invalid API Token' }] });
  const found = findRoute(method, path);
  if (!found)
    return send(response, 404, { errors: [{ code: 7003, message: `No route for ${method} ${path}` }] });

  const fault = fake.faultOf({ number, method, path, permission: found.route.permission });
  if (fault?.kind === 'lost-before') return void request.socket.destroy();
  if (fault?.kind === 'status') {
    const { status, code = 10000, retryAfterSeconds } = fault;
    if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
    return send(response, status, { errors: [{ code, message: 'a fault of the test' }] });
  }
  const asked: ApiRequest = {
    ids: found.ids,
    query: url.searchParams,
    headers: new Headers(request.headers as Record<string, string>),
    json: () => (body.length === 0 ? null : JSON.parse(body.toString('utf8'))),
    form: () =>
      new Response(new Uint8Array(body), {
        headers: { 'content-type': request.headers['content-type'] ?? '' },
      }).formData(),
  };
  try {
    const result = await found.route.answer(fake.state, asked);
    if (fault?.kind === 'lost-after') return void request.socket.destroy();
    send(response, 200, { result });
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    send(response, error.status, { errors: [{ code: error.code, message: error.message }] });
  }
}

function findRoute(method: string, path: string): { route: Route; ids: string[] } | null {
  for (const route of routes) {
    if (route.method !== method) continue;
    const pattern = new RegExp(`^${route.path.replaceAll('*', '([^/]+)')}$`);
    const match = pattern.exec(path);
    if (match) return { route, ids: match.slice(1).map(decodeURIComponent) };
  }
  return null;
}

/** The envelope of every answer. */
function send(
  response: http.ServerResponse,
  status: number,
  { result = null, errors = [] }: { result?: unknown; errors?: { code: number; message: string }[] },
): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ success: errors.length === 0, errors, messages: [], result }));
}
